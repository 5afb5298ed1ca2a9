package enable

import (
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

// said is what went wrong as people read it in a table: what was to be done, the call, what AWS answered, and at a
// denial which kind of policy denied.
func said(err error) string {
	doing, _, call := strings.Cut(err.Error(), "operation error ") // as the SDK begins
	if !call {
		return plain.Line(doing)
	}
	return strings.TrimSpace(plain.Line(doing) + " " + strings.TrimSuffix(fault.Cause(err), "."))
}
