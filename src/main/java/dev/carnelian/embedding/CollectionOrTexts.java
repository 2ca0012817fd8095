package dev.carnelian.embedding;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jspecify.annotations.Nullable;

/** There is something to embed. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Constraint(validatedBy = CollectionOrTexts.Validator.class)
@interface CollectionOrTexts {
    String message() default "must have a collection to embed, or texts";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** Looks for either. */
    final class Validator implements ConstraintValidator<CollectionOrTexts, EmbeddingInput> {
        @Override
        public boolean isValid(@Nullable EmbeddingInput input, ConstraintValidatorContext context) {
            return input == null || input.collection() != null || input.texts() != null;
        }
    }
}
