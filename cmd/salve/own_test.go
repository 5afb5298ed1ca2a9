package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
)

// withOwn is a catalogue of one listed control and one playbook of Salve's own.
func withOwn(t *testing.T) catalogue {
	t.Helper()
	standards := known(t).standards
	info := control.Info{
		ID: "Bucket.1", Effect: "None.", Impact: control.ImpactNone, Pattern: regexp.MustCompile(`^arn:aws:s3:::([a-z]+)$`),
		Actions: []string{"s3:GetThing"}, Fails: control.Fails{When: "Always.", Custom: true},
	}
	ours := info
	ours.ID, ours.Fails = "Salve.IsolateInstance", control.Fails{}
	ours.Identities = true
	ours.Title, ours.Severity = "Isolates", control.SeverityHigh
	ours.Resources = []string{"AwsEc2Instance"}
	ours.Params = []control.Param{{Name: "group", Meaning: "The group.", Default: ""}}
	registry, err := control.NewRegistry(standards.Listing,
		still(info), still(ours))
	if err != nil {
		t.Fatal(err)
	}
	return catalogue{controls: registry, standards: standards}
}

// TestOwnPlaybooksAreAskedForLikeControls: in commands and in the configuration,
// in any capitals.
func TestOwnPlaybooksAreAskedForLikeControls(t *testing.T) {
	names := withOwn(t)
	if id, ok := names.id("salve.ISOLATEinstance"); !ok || id != "Salve.IsolateInstance" {
		t.Errorf("its id is %q, %v", id, ok)
	}
	if c, err := names.playbook("SALVE.isolateinstance"); err != nil || c.ID != "Salve.IsolateInstance" {
		t.Errorf("found %q, %v", c.ID, err)
	}
	if _, err := names.playbook("Salve.Nothing"); err == nil {
		t.Error("a playbook that is not there")
	}
	config, err := gate.Parse([]byte("version: 1\n" +
		"controls:\n  salve.isolateinstance: {mode: approve, parameters: {group: x}}\n" +
		"exceptions:\n  - {control: Salve.IsolateInstance, resource: a, reason: b, owner: c, expires: 2027-03-31}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := config.Validate(names.valid()); err != nil {
		t.Errorf("refused: %v", err)
	}
	config, err = gate.Parse([]byte("version: 1\ncontrols:\n  Salve.Nothing: {mode: approve}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := config.Validate(names.valid()); err == nil || !strings.Contains(err.Error(), "not a control Salve knows") {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestOwnPlaybooksAreListedApart(t *testing.T) {
	names := withOwn(t)
	var out bytes.Buffer
	if err := (&app{out: &out, err: &out}).listControls(names.reports()); err != nil {
		t.Fatal(err)
	}
	listed, ours, apart := strings.Cut(out.String(), "Salve's own")
	if !apart || !strings.Contains(listed, "Bucket.1") || strings.Contains(listed, "Isolate") ||
		!strings.Contains(ours, "Salve.IsolateInstance  HIGH") {
		t.Errorf("listed as\n%s", out.String())
	}
	for _, r := range names.reports() {
		if own := r.ID != "Bucket.1"; r.Own != own || own != (r.Fails+r.Rule == "") || own != (len(r.Standards) == 0) {
			t.Errorf("reported as %+v", r)
		}
	}
	for _, key := range names.standards.Keys() {
		s, _ := names.standards.Standard(key)
		if n := reportStandard(s, names.controls).Covered; n > 1 {
			t.Errorf("%s: %d covered", key, n)
		}
	}
}
