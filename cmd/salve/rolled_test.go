package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rollout"
)

// failing is a deployment whose first part has nothing to do and whose second fails.
func failing(t *testing.T, yes bool) string {
	t.Helper()
	var out bytes.Buffer
	d := &deployer{a: &app{format: formatTable, ctx: t.Context(), out: &out, err: &out}}
	err := d.roll(rollout.Parts{stalled{}, stalled{fault.New(fault.Refused, "no")}}, yes, nil)
	if err == nil {
		return "no error"
	}
	return out.String()
}

// stalled is a part that has nothing to do, or fails.
type stalled struct{ err error }

// Plan is what Carry does.
func (s stalled) Plan(ctx context.Context) ([]rollout.Item, error) { return s.Carry(ctx) }

// Carry has nothing to do, or fails.
func (s stalled) Carry(context.Context) ([]rollout.Item, error) {
	if s.err != nil {
		return nil, s.err
	}
	return []rollout.Item{{Account: "111111111111", What: "bucket", Action: rollout.Nothing, Done: true}}, nil
}

// TestNothingIsSaidToBeDone: what was not looked at because a part before it failed is not said to be nothing.
func TestNothingIsSaidToBeDone(t *testing.T) {
	for yes, want := range map[bool]string{
		false: "What comes after that could not be planned.", true: "What comes after that was not done.",
	} {
		if got := failing(t, yes); strings.Contains(got, "Nothing is to do") || !strings.Contains(got, want) {
			t.Errorf("--yes %v: %s", yes, got)
		}
	}
}
