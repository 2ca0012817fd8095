package dev.carnelian.job;

/** Asks the handler of a type about an input, before a job is accepted. Thread-safe. */
@FunctionalInterface
public interface InputCheck {
    /**
     * Passes quietly, also for a type that has no handler here.
     *
     * @param input bound to the type's input and validated
     * @throws InputRefusedException to refuse the job
     */
    void check(JobType<?, ?> type, Object input);
}
