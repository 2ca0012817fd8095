package dev.carnelian.transfer;

import dev.carnelian.job.InputRefusedException;
import dev.carnelian.job.JobFailedException;
import dev.carnelian.job.JobFailure;

/** What a check says when the job is accepted already. */
final class Refusal {
    private Refusal() {}

    /**
     * @throws JobFailedException for good, if the check refuses the input
     */
    static void orFailure(Runnable check) {
        try {
            check.run();
        } catch (InputRefusedException e) {
            throw new JobFailedException(
                    JobFailure.permanent(e.code(), "input." + e.field() + ": " + e.getMessage()), e);
        }
    }
}
