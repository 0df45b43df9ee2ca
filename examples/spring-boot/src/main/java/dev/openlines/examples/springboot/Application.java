// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.springboot;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The application. The starter adds the receiver. */
@SpringBootApplication(proxyBeanMethods = false)
public class Application {

    /**
     * Starts the application.
     *
     * @param args Spring's own arguments
     */
    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }
}
