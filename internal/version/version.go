// Package version knows which version of Salve this is.
package version

import "runtime/debug"

//nolint:gochecknoglobals // only the linker can write it: -ldflags "-X <this package>.stamp=v1.2.3"
var stamp string

// String is the version the program was released as, or what the build tool
// knows of the sources it was built from.
func String() string {
	if stamp != "" {
		return stamp
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
