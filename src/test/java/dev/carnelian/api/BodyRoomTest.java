package dev.carnelian.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class BodyRoomTest {
    private static final int MIB = 1024 * 1024;

    @Test
    void aBodyWaitsUntilThereIsRoomForIt() throws Exception {
        BodyRoom room = new BodyRoom(16 * MIB);
        ExecutorService callers = Executors.newFixedThreadPool(2);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        Future<Long> first = callers.submit(() -> room.with(3 * MIB / 2, () -> {
            inside.countDown();
            try {
                leave.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return System.nanoTime();
        }));
        inside.await();
        Future<Long> second = callers.submit(() -> room.with(MIB, System::nanoTime));

        leave.countDown();

        assertThat(second.get()).isGreaterThan(first.get());
        callers.shutdown();
    }

    @Test
    void aBodyLargerThanTheRoomHasItAloneAndOneThatFailsLeavesIt() {
        BodyRoom room = new BodyRoom(8 * MIB);

        assertThatThrownBy(() -> room.with(5 * MIB, () -> {
                    throw new IllegalStateException("bad body");
                }))
                .hasMessage("bad body");
        assertThat(room.with(5 * MIB, () -> "again")).isEqualTo("again");
        assertThat(room.with(-1, () -> "unknown")).isEqualTo("unknown");
    }
}
