package dev.carnelian.document;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Text that decodes as Base64. */
@Target({ElementType.FIELD, ElementType.PARAMETER})
@Retention(RetentionPolicy.RUNTIME)
@Constraint(validatedBy = Base64Content.Validator.class)
@interface Base64Content {
    String message() default "must be Base64";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};

    /** Decodes it, which is the only test that cannot disagree with the decoder. */
    final class Validator implements ConstraintValidator<Base64Content, String> {
        @Override
        public boolean isValid(@Nullable String text, ConstraintValidatorContext context) {
            try {
                return text == null || decode(text).length > 0;
            } catch (IllegalArgumentException e) {
                return false;
            }
        }

        /** The bytes; the line breaks that {@code base64} makes are ignored. */
        static byte[] decode(String text) {
            return Base64.getDecoder().decode(text.replace("\n", "").replace("\r", ""));
        }
    }
}
