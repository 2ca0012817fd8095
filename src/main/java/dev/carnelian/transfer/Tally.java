package dev.carnelian.transfer;

/** How many rows of an import came to what, in all attempts. Not thread-safe. */
final class Tally {
    private int imported;
    private int updated;
    private int failed;

    Tally(ImportLedger.Standing standing) {
        this.imported = standing.rowsImported();
        this.updated = standing.rowsUpdated();
        this.failed = standing.rowsFailed();
    }

    void add(String verdict) {
        if (verdict.equals(Target.IMPORTED)) {
            imported++;
        } else if (verdict.equals(Target.UPDATED)) {
            updated++;
        } else {
            failed++;
        }
    }

    int imported() {
        return imported;
    }

    int updated() {
        return updated;
    }

    int failed() {
        return failed;
    }
}
