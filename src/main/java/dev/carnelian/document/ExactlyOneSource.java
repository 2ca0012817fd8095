package dev.carnelian.document;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jspecify.annotations.Nullable;

/** A document comes from one place. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Constraint(validatedBy = ExactlyOneSource.Validator.class)
@interface ExactlyOneSource {
    String message() default "must have exactly one of text, base64, fileId and url";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** Counts the sources. */
    final class Validator implements ConstraintValidator<ExactlyOneSource, DocumentsInput.Source> {
        @Override
        public boolean isValid(DocumentsInput.@Nullable Source source, ConstraintValidatorContext context) {
            return source == null || source.sources() == 1;
        }
    }
}
