package dev.carnelian.jobstore;

/**
 * Shares the slots of a claim, so that neither one-shots nor Quartz's own triggers starve the other: half of the slots for
 * each, or turn about if there is only one. Used by one thread.
 */
final class Shares {
    private static final long FRUITLESS_NANOS = 1_000_000_000;

    private long turn;
    private long fruitlessAt = System.nanoTime() - FRUITLESS_NANOS;

    /** How many slots to keep free for Quartz's own triggers, some of which are due. */
    int forOthers(int slots) {
        if (System.nanoTime() - fruitlessAt <= FRUITLESS_NANOS) {
            return 0;
        }
        return slots == 1 ? (int) (turn++ & 1) : slots / 2;
    }

    /** Others were due and none could be claimed, as when a class is missing here: for a second none are kept free. */
    void othersWereFruitless() {
        fruitlessAt = System.nanoTime();
    }
}
