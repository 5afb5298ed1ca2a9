package playbooktest

import (
	"reflect"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// Unanswered holds that an answer without what was asked for ends a run, not the program. Each of the outputs, such
// as &kms.DescribeKeyOutput{}, takes the place of AWS's answer to its operation in a plan for the resource.
func Unanswered(t *testing.T, c control.Control, resource string, outputs ...any) {
	t.Helper()
	for _, output := range outputs {
		operation := strings.TrimSuffix(reflect.TypeOf(output).Elem().Name(), "Output")
		t.Run(operation, func(t *testing.T) {
			_, err := c.Plan(t.Context(), Env(t, c, resource, StandIn{
				operation: func(any) (any, error) { return output, nil },
			}))
			Fails(t, err, fault.Invalid)
		})
	}
}
