package rollout_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rollout"
)

// versions is Lambda in memory: the versions there are, and the one that is live where the stack names none.
type versions struct {
	w    *world
	all  []string
	last string
}

func (v versions) ListVersionsByFunction(
	context.Context, *lambda.ListVersionsByFunctionInput, ...func(*lambda.Options),
) (*lambda.ListVersionsByFunctionOutput, error) {
	out := &lambda.ListVersionsByFunctionOutput{}
	for _, n := range v.all {
		out.Versions = append(out.Versions, types.FunctionConfiguration{Version: &n})
	}
	return out, v.w.did("ListVersionsByFunction", func() error { return nil })
}

func (v versions) GetAlias(context.Context, *lambda.GetAliasInput, ...func(*lambda.Options)) (
	*lambda.GetAliasOutput, error,
) {
	live := v.w.Stacks()[rollout.HubStack].Parameters["LiveVersion"]
	if live == "" {
		live = v.last
	}
	return &lambda.GetAliasOutput{FunctionVersion: aws.String(live)}, v.w.did("GetAlias", func() error { return nil })
}

// back is a way back in a hub with three versions.
func back(t *testing.T, to int) (*world, rollout.Back) {
	t.Helper()
	w := newWorld()
	carried(t, w.hub("one").Parts())
	w.Calls = nil
	return w, rollout.Back{
		Place: w.hub("").Place, Driver: w.driver(), To: to,
		Lambda: versions{w: w, all: []string{"$LATEST", "1", "10", "9"}, last: "10"},
	}
}

// TestBack: the version before becomes live, and nothing else of the stack changes; again, it goes back no further; the
// next release makes the last one live again.
func TestBack(t *testing.T) {
	w, b := back(t, 0)
	before := w.end()
	items := carried(t, rollout.Parts{b})
	if got := w.end(); got != strings.Replace(before, "LiveVersion:", "LiveVersion:9", 1) {
		t.Errorf("it ended as:\n%s\nbefore:\n%s", got, before)
	}
	if items[0].Detail != "version 9 is live, before it was 10" {
		t.Errorf("%v", items)
	}
	if items = carried(t, rollout.Parts{b}); rollout.Pending(items) {
		t.Errorf("again: %v", items)
	}
	b.To = 1
	carried(t, rollout.Parts{b})
	if s := w.Stacks()[rollout.HubStack]; s.Parameters["LiveVersion"] != "1" {
		t.Errorf("live is %s", s.Parameters["LiveVersion"])
	}
	carried(t, w.hub("one").Parts()) // which keeps it
	if s := w.Stacks()[rollout.HubStack]; s.Parameters["LiveVersion"] != "1" {
		t.Errorf("live is %s", s.Parameters["LiveVersion"])
	}
	next := w.hub("two")
	next.Release = true
	carried(t, next.Parts())
	if s := w.Stacks()[rollout.HubStack]; s.Parameters["LiveVersion"] != "" {
		t.Errorf("live is %s", s.Parameters["LiveVersion"])
	}
}

// TestNoWayBack: where there is no such version, nothing is changed.
func TestNoWayBack(t *testing.T) {
	_, b := back(t, 7)
	if _, err := b.Carry(t.Context()); fault.Of(err) != fault.Invalid {
		t.Errorf("a version that is not there: %v", err)
	}
	w, b := back(t, 0)
	b.Lambda = versions{w: w, all: []string{"1"}, last: "1"}
	if _, err := b.Carry(t.Context()); fault.Of(err) != fault.Refused {
		t.Errorf("the first version: %v", err)
	}
}

// TestKilledBack: a way back that dies at any call leads to the same version.
func TestKilledBack(t *testing.T) {
	quiet, b := back(t, 0)
	carried(t, rollout.Parts{b})
	for at := range quiet.Calls {
		for _, lost := range []bool{false, true} {
			w, b := back(t, 0)
			if !strike(t, w, rollout.Parts{b}, at, lost) {
				continue
			}
			carried(t, rollout.Parts{b})
			if got, want := w.end(), quiet.end(); got != want {
				t.Errorf("killed at call %d %s, answer lost %v: it ended as:\n%s\nwant:\n%s", at, quiet.Calls[at], lost, got, want)
			}
		}
	}
}
