package playbooks_test

import (
	"strings"
	"testing"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/playbooks"
)

// TestPacks: what the lists recommend can be stored as it is, for every control that has a playbook.
func TestPacks(t *testing.T) {
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	registry, err := controls.All(standards.Listing)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := playbooks.ManualSteps()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range standards.CheckManual(steps) {
		t.Error(problem)
	}
	for _, key := range standards.Keys() {
		s, _ := standards.Standard(key)
		for _, e := range s.Controls {
			if e.Mode == "" && (strings.HasPrefix(key, "cis-") || strings.HasPrefix(key, "pci-")) {
				t.Errorf("%s recommends nothing for %s", key, e.Control)
			}
			if c, ok := registry.Get(e.Control); ok {
				storable(t, key, e, c)
			}
		}
	}
}

// storable fails unless the recommendation makes sense to the control.
func storable(t *testing.T, key string, e playbooks.Entry, c control.Control) {
	t.Helper()
	params := map[string]any{}
	for name, value := range e.Params {
		params[name] = value
	}
	if _, err := c.Resolve(params); err != nil {
		t.Errorf("%s: %v", key, err)
	}
	if m := e.Recommended(c); m == playbooks.Auto && (c.Identities || c.Impact == control.ImpactDestructive) {
		t.Errorf("%s recommends %s for %s", key, m, e.Control)
	}
}

// TestBadPacks: a slip in a list is found when it is loaded.
func TestBadPacks(t *testing.T) {
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(e *playbooks.Entry)
		want   string
	}{
		"mode":         {func(e *playbooks.Entry) { e.Mode = "off" }, `mode "off": write auto, approve or manual`},
		"unknown":      {func(e *playbooks.Entry) { e.After = []string{"CloudTrail.99"} }, `after "CloudTrail.99"`},
		"after itself": {func(e *playbooks.Entry) { e.After = []string{e.Control} }, "name another control"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := standards.Standard("cis-5.0.0")
			s.Controls = append([]playbooks.Entry(nil), s.Controls...)
			tt.change(&s.Controls[3])
			if _, err := playbooks.New([]playbooks.Standard{s}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
	broken := map[string]playbooks.ByHand{"S3.99": {Why: "a", Steps: "b"}, "S3.7": {Why: "a"}}
	if got := len(standards.CheckManual(broken)); got < 3 { // unknown, without steps, and all that are missing
		t.Errorf("%d problems", got)
	}
}

// TestRecommended: where a list says nothing, the control's impact decides.
func TestRecommended(t *testing.T) {
	said := func(m playbooks.Mode) playbooks.Entry { return playbooks.Entry{Mode: m} }
	harmless := control.Info{Impact: control.ImpactNone}
	for name, tt := range map[string]struct {
		entry playbooks.Entry
		info  control.Info
		want  playbooks.Mode
	}{
		"harmless":                 {info: harmless, want: playbooks.Auto},
		"interrupts":               {info: control.Info{Impact: control.ImpactInterrupts}, want: playbooks.Approve},
		"destroys":                 {info: control.Info{Impact: control.ImpactDestructive}, want: playbooks.Approve},
		"decides who may":          {said(""), control.Info{Impact: control.ImpactNone, Identities: true}, playbooks.Approve},
		"said":                     {said(playbooks.Manual), harmless, playbooks.Manual},
		"said, but decides rights": {said(playbooks.Auto), control.Info{Identities: true}, playbooks.Approve},
	} {
		if got := tt.entry.Recommended(control.Control{Info: tt.info}); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
