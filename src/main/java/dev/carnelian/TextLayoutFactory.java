package dev.carnelian;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.pattern.PatternLayoutBase;
import com.fasterxml.jackson.annotation.JsonTypeName;
import io.dropwizard.logging.common.layout.DiscoverableLayoutFactory;
import java.util.TimeZone;

/** The layout {@code text}: a line for people, with what the line belongs to in front of it. */
@JsonTypeName("text")
public final class TextLayoutFactory implements DiscoverableLayoutFactory<ILoggingEvent> {
    /** Line breaks in a message would let a caller forge lines of their own. */
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z',UTC} %-5level %logger{0}"
            + " %replace([%X{request_id}] ){'\\[\\] ',''}%replace([%X{job_id} %X{attempt}] ){'\\[ \\] ',''}"
            + "%replace(%msg){'[\\r\\n\\x1b]+',' '}%n%xException{full}%nopexception";

    @Override
    public PatternLayoutBase<ILoggingEvent> build(LoggerContext context, TimeZone timeZone) {
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        layout.setPattern(PATTERN);
        return layout;
    }
}
