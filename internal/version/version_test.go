package version_test

import (
	"testing"

	"github.com/salve-security/salve/internal/version"
)

// TestString: a program that nobody stamped still says something. That a stamp
// wins is tested where programs are built, in internal/release.
func TestString(t *testing.T) {
	if got := version.String(); got == "" {
		t.Error("no version")
	}
}
