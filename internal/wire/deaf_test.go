package wire

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/names"
)

// TestDeafRules: a rule that is switched off, or gone, is named, with the rights that the function has.
func TestDeafRules(t *testing.T) {
	root := eventbridge.NewFromConfig(world.Root(world.Hub()))
	look := deaf(eventbridge.NewFromConfig(world.Orchestrator()), names.Home{})
	want := func(names ...string) {
		t.Helper()
		got, err := look(t.Context())
		if d := cmp.Diff(names, got); d != "" || err != nil {
			t.Errorf("%v %s", err, d)
		}
	}
	want()
	name := aws.String(names.ClickedRule)
	if _, err := root.DisableRule(t.Context(), &eventbridge.DisableRuleInput{Name: name}); err != nil {
		t.Fatal(err)
	}
	want("rule " + names.ClickedRule)
	if _, err := root.EnableRule(t.Context(), &eventbridge.EnableRuleInput{Name: name}); err != nil {
		t.Fatal(err)
	}
	want()
}
