package playbooktest

import (
	"reflect"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// Answers is a stand-in that gives the same answer to an operation whatever is asked. Each of the outputs, such as
// &kms.DescribeKeyOutput{}, answers the operation of its name.
func Answers(outputs ...any) StandIn {
	s := StandIn{}
	for _, output := range outputs {
		s[operationOf(output)] = func(any) (any, error) { return output, nil }
	}
	return s
}

// operationOf is the operation whose output this is.
func operationOf(output any) string {
	return strings.TrimSuffix(reflect.TypeOf(output).Elem().Name(), "Output")
}

// Unanswered holds that an answer without what was asked for ends a run, not the program. Each of the outputs takes
// the place of AWS's answer in a plan for the resource.
func Unanswered(t *testing.T, c control.Control, resource string, outputs ...any) {
	t.Helper()
	for _, output := range outputs {
		t.Run("unanswered "+operationOf(output), func(t *testing.T) {
			_, err := c.Plan(t.Context(), Env(t, c, resource, Answers(output)))
			Fails(t, err, fault.Invalid)
		})
	}
}
