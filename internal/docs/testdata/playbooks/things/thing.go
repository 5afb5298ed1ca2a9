package things

import "github.com/salve-security/salve/internal/control"

func Thing() []control.Control { return of("S3.8") }

func Late() int { return len("Other.1") }
