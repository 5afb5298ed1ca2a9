// Command hello is a small program to release in tests.
package main

import (
	"os"

	"github.com/rs/zerolog"

	"github.com/salve-security/salve/internal/version"
)

func main() {
	log := zerolog.New(os.Stdout)
	log.Log().Str("version", version.String()).Send()
}
