package com.example.words;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.carnelian.testkit.CarnelianTestKit;
import dev.carnelian.testkit.TestJob;
import org.junit.jupiter.api.Test;

class WordCountHandlerTest {
    private static final String INPUT = "{\"texts\": [\"one two\", \" \", \"three\"]}";

    private final CarnelianTestKit kit = CarnelianTestKit.of(new WordCountHandler());

    @Test
    void itKeepsTheContract() {
        kit.verify(INPUT);
    }

    @Test
    void aTextWithoutWordsIsAnErrorOfItsItem() {
        TestJob job = kit.job(INPUT);

        assertEquals("{\"texts\":2,\"errors\":1,\"words\":3}", job.run().result().toString());
        assertEquals("no_words", job.items().get(1).failure().code());
    }
}
