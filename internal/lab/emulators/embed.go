// Package emulators holds the Python side of the lab: a launcher that starts the emulators with the lab's additions.
// The Go side, with the endpoint everything speaks to, is internal/lab.
package emulators

import "embed"

// Sources are the launcher's files, written into the lab's folder at start.
//
//go:embed *.py images.json automation/*.py
var Sources embed.FS
