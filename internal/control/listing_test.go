package control_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

// lists are what the standards say of two controls.
func lists(id string) (control.Listing, bool) {
	switch strings.ToLower(id) {
	case "s3.8":
		return control.Listing{
			ID: "S3.8", Title: "Buckets should be shut", Severity: control.SeverityHigh,
			Resources: []string{"AwsS3Bucket", "Other"},
		}, true
	case "s3.9":
		return control.Listing{ID: "S3.9", Title: "Nobody looked it up", Severity: control.SeverityLow}, true
	}
	return control.Listing{}, false
}

// bare is a declaration that leaves to the lists what is theirs.
func bare(id string, change func(*control.Info)) control.Control {
	return declared(func(i *control.Info) {
		i.ID, i.Title, i.Severity, i.Resources = id, "", "", nil
		if change != nil {
			change(i)
		}
	})
}

// own is a declaration of Salve's own.
func own(id string, change func(*control.Info)) control.Control {
	return declared(func(i *control.Info) {
		i.ID, i.Fails = id, control.Fails{}
		if change != nil {
			change(i)
		}
	})
}

func TestRegistryCompletesFromTheLists(t *testing.T) {
	r := ok[control.Registry](t)(control.NewRegistry(lists, bare("S3.8", nil), own("Salve.Zip", nil),
		own("Salve.DoThis", nil)))
	c, _ := r.Get("s3.8")
	got := control.Listing{ID: c.ID, Title: c.Title, Severity: c.Severity, Resources: c.Resources}
	want, _ := lists("S3.8")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("completed (-want +got):\n%s", d)
	}
	if ours, found := r.Get("SALVE.dothis"); !found || ours.Title != "Shelves should be locked" {
		t.Errorf("an id of Salve's own: %v, %+v", found, ours.Info)
	}
	var order []string
	for _, c := range r.All() {
		order = append(order, c.ID)
	}
	if d := cmp.Diff([]string{"S3.8", "Salve.DoThis", "Salve.Zip"}, order); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
}

func TestRegistryRefusesWhatTheListsDoNotSay(t *testing.T) {
	for name, tc := range map[string]struct {
		of   control.Control
		want string
	}{
		"in no list":       {bare("S3.77", nil), "is in no list"},
		"another spelling": {bare("s3.8", nil), "Security Hub writes S3.8"},
		"a title of its own": {
			bare("S3.8", func(i *control.Info) { i.Title = "Buckets should be shut" }), "declares its title",
		},
		"a severity of its own": {
			bare("S3.8", func(i *control.Info) { i.Severity = control.SeverityHigh }), "declares its title, severity",
		},
		"types of its own": {
			bare("S3.8", func(i *control.Info) { i.Resources = []string{"Other"} }), "severity or resource types",
		},
		"no types in the list":   {bare("S3.9", nil), "no resource type"},
		"says not when it fails": {bare("S3.8", func(i *control.Info) { i.Fails.When = "" }), "lacks Fails"},
		"says not what decides":  {bare("S3.8", func(i *control.Info) { i.Fails.Custom = false }), "lacks Fails"},
		"own without a title":    {own("Salve.DoThis", func(i *control.Info) { i.Title = "" }), "lacks Title"},
		"own without a severity": {own("Salve.DoThis", func(i *control.Info) { i.Severity = "" }), "lacks Severity"},
		"own without types":      {own("Salve.DoThis", func(i *control.Info) { i.Resources = nil }), "lacks Resources"},
		"own that AWS counts": {
			own("Salve.DoThis", func(i *control.Info) { i.Fails = control.Fails{When: "Never.", Custom: true} }),
			"none for an id of Salve's",
		},
		"own in other capitals": {own("SALVE.DoThis", nil), "as in Salve.DoThis"},
		"own with a number":     {own("Salve.1", nil), "as in Salve.DoThis"},
		"own without a name":    {own("Salve.", nil), "as in Salve.DoThis"},
		"no service":            {own("DoThis", nil), "is in no list"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := control.NewRegistry(lists, tc.of); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("want an error with %q, got %v", tc.want, err)
			}
		})
	}
}

func TestOwn(t *testing.T) {
	for id, want := range map[string]bool{
		"Salve.IsolateInstance": true, "salve.isolateinstance": true, "SALVE.X": true, "Salve": true,
		"S3.8": false, "Salvage.1": false, "": false, "X.Salve": false,
	} {
		if control.Own(id) != want {
			t.Errorf("Own(%q) is %v", id, !want)
		}
	}
}

func TestWhatDecides(t *testing.T) {
	for want, f := range map[string]control.Fails{
		"AWS Config rule a-b":                             {Rule: "a-b"},
		"AWS Config rule a-b, Security Hub's own":         {Rule: "a-b", Custom: true},
		"logic of Security Hub's own, no AWS Config rule": {Custom: true},
	} {
		if got := f.Behind(); got != want {
			t.Errorf("%+v is decided by %q, want %q", f, got, want)
		}
	}
}
