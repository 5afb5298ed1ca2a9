package gate_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
)

const raising = `version: 1
controls: {S3.8: {mode: auto}}
classes: {tag: data, unclassified: off, red: {values: [secret], parameters: {s3.8: {key: theirs}}}}
`

// TestRaised: by the class that the tag names, and by no other.
func TestRaised(t *testing.T) {
	c := parse(t, raising)
	for name, tc := range map[string]struct {
		tags  map[string]string
		class string
	}{
		"its value":         {map[string]string{"data": "secret"}, "red"},
		"its name is none":  {map[string]string{"data": "red"}, ""},
		"another class":     {map[string]string{"data": "green"}, ""},
		"without the tag":   {map[string]string{}, ""},
		"nobody knows tags": {nil, ""},
	} {
		class, params := c.Raised("S3.8", tc.tags)
		if class != tc.class || (len(params) > 0) != (class != "") {
			t.Errorf("%s: class %q, %v", name, class, params)
		}
	}
	if class, _ := c.Raised("S3.1", map[string]string{"data": "secret"}); class != "" {
		t.Errorf("another control: %q", class)
	}
	if d := cmp.Diff(map[string]map[string]any{"red": {"key": "theirs"}}, c.Raisers("S3.8")); d != "" {
		t.Error(d)
	}
	if (gate.Config{}).Raisers("S3.8") != nil {
		t.Error("without classes there are some")
	}
}

// TestRaisedIsChecked as parameters of an entry are.
func TestRaisedIsChecked(t *testing.T) {
	asked := ""
	k := known(gate.SectionClasses)
	k.Params = func(control string, given map[string]any) error {
		asked = fmt.Sprint(control, given)
		return errors.New("has no such parameter")
	}
	wantProblem(t, parse(t, raising).Validate(k), "classes.red.parameters.s3.8", 3)
	if asked != "s3.8map[key:theirs]" {
		t.Errorf("asked about %s", asked)
	}
}

// TestRaisedIsSpelt as commands look for it, and says how, not where: another value lets nothing more happen.
func TestRaisedIsSpelt(t *testing.T) {
	c := parse(t, raising).Named(func(string) string { return "S3.8" })
	if _, ok := c.Classes.Red.Parameters["S3.8"]; !ok {
		t.Errorf("%v", c.Classes.Red.Parameters)
	}
	other := parse(t, raising)
	other.Classes.Red.Parameters = nil
	list, err := gate.Diff(parse(t, raising), other)
	if err != nil || len(list) != 1 || list[0].Wider {
		t.Errorf("%+v, %v", list, err)
	}
	other.Classes.Red.Mode = gate.Auto
	if list, err = gate.Diff(parse(t, raising), other); err != nil || len(list) != 1 || !list[0].Wider {
		t.Errorf("%+v, %v", list, err)
	}
}
