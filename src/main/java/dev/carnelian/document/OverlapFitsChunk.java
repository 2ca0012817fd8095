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

/** Chunks overlap by at most half of their size. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Constraint(validatedBy = OverlapFitsChunk.Validator.class)
@interface OverlapFitsChunk {
    String message() default "must be at most half of chunkSize";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** Compares the two, and blames the overlap. */
    final class Validator implements ConstraintValidator<OverlapFitsChunk, DocumentsInput> {
        @Override
        public boolean isValid(@Nullable DocumentsInput input, ConstraintValidatorContext context) {
            if (input == null || input.overlapOrDefault() <= input.sizeOrDefault() / 2) {
                return true;
            }
            context.disableDefaultConstraintViolation();
            context.buildConstraintViolationWithTemplate(context.getDefaultConstraintMessageTemplate())
                    .addPropertyNode("chunkOverlap")
                    .addConstraintViolation();
            return false;
        }
    }
}
