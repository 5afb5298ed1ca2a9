package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/gate"
)

// TestDisabledByHand: whatever the document says; in doubt it holds, and what can be looked up is asked for.
func TestDisabledByHand(t *testing.T) {
	unit, tagged := gate.Where{OUs: []string{"ou-x"}}, gate.Where{Tags: map[string][]string{"env": {"prod"}}}
	off := func(what string, where gate.Where) gate.Disable {
		return gate.Disable{Origin: origin(time.Time{}), Control: what, Where: where}
	}
	ended := off("S3.8", gate.Where{})
	ended.Expires = now()
	units := func(in *gate.Input) { in.Snapshots.OUs = []string{"ou-y", "r-z"} }
	tags := func(value string) func(*gate.Input) {
		return func(in *gate.Input) { in.Snapshots.Tags = map[string]string{"env": value} }
	}
	bare := func(in *gate.Input) { in.Snapshots.Tags = map[string]string{} }
	same := func(*gate.Input) {}
	for name, tc := range map[string]struct {
		disable gate.Disable
		around  func(*gate.Input)
		want    gate.Reason
	}{
		"the control":                  {off("s3.8", gate.Where{}), same, gate.Disabled},
		"another":                      {off("S3.80", gate.Where{}), same, gate.Allowed},
		"its standard":                 {off("standard:CIS-5.0.0", gate.Where{}), same, gate.Disabled},
		"a standard that has it not":   {off("standard:pci-4.0.1", gate.Where{}), same, gate.Allowed},
		"everything: unreadable":       {off("", gate.Where{}), same, gate.Disabled},
		"ended":                        {ended, same, gate.Allowed},
		"another account":              {off("S3.8", gate.Where{Accounts: []string{"1"}}), same, gate.Allowed},
		"units are not known":          {off("S3.8", unit), same, gate.UnknownOUs},
		"another unit":                 {off("S3.8", unit), units, gate.Allowed},
		"tags are not known":           {off("S3.8", tagged), same, gate.UnknownTags},
		"the tag":                      {off("S3.8", tagged), tags("prod"), gate.Disabled},
		"another value":                {off("S3.8", tagged), tags("dev"), gate.Allowed},
		"without the tag: might be it": {off("S3.8", tagged), bare, gate.Disabled},
	} {
		t.Run(name, func(t *testing.T) {
			for _, by := range []gate.Trigger{gate.Click, gate.Imported, gate.Check} {
				in := input(mode(gate.Auto), tc.around)
				in.Trigger, in.Overlay.Disables = by, []gate.Disable{tc.disable}
				if d := gate.Decide(in); d.Reason != tc.want {
					t.Errorf("%s: %s (%s), want %s", by, d.Reason, d.Verdict, tc.want)
				}
			}
		})
	}
}

// TestDisableKey: equal places have one key, and everywhere has none of its own.
func TestDisableKey(t *testing.T) {
	key := func(accounts ...string) string {
		t.Helper()
		text, err := gate.Disable{Control: "S3.8", Where: gate.Where{Accounts: accounts}}.Key()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	if key() != "s3.8" || key("1", "2") != key("2", "1", "2") || key("1") == key("2") ||
		!strings.HasPrefix(key("1"), "s3.8#") {
		t.Errorf("%s %s %s", key(), key("1", "2"), key("1"))
	}
	many := make([]string, 100)
	for i := range many {
		many[i] = strings.Repeat("1", 11) + string(rune('0'+i%10)) + strings.Repeat("2", i)
	}
	if text, err := (gate.Disable{Control: "S3.8", Where: gate.Where{Accounts: many}}).Key(); err == nil ||
		!strings.Contains(err.Error(), "room is for 1000") {
		t.Errorf("%s, %v: want that there is no room", text, err)
	}
}

// TestDisableSentence: who, what, why; and how to take it back.
func TestDisableSentence(t *testing.T) {
	d := gate.Disable{Control: "s3.8", Origin: gate.Origin{Owner: "ada\x1b[2J", Reason: "incident 7."}}
	if got := d.Sentence("S3.8"); got != "ada[2J disabled S3.8 by hand: incident 7" && strings.ContainsRune(got, 0x1b) {
		t.Errorf("%q", got)
	}
	if got := d.Lift("S3.8"); got != "salve enable S3.8 --lift" {
		t.Errorf("%q", got)
	}
	list := gate.Disable{Control: "standard:cis-5.0.0"}
	if got := list.Sentence("S3.8") + "; " + list.Lift("S3.8"); got !=
		"somebody disabled standard:cis-5.0.0 by hand; salve enable standard:cis-5.0.0 --lift" {
		t.Errorf("%q", got)
	}
	if got := (gate.Disable{}).Lift("S3.8"); got != "salve enable --lift" {
		t.Errorf("%q", got)
	}
}
