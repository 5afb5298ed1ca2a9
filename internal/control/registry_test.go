package control_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

// declared is a complete declaration with something changed.
func declared(change func(*control.Info)) control.Control {
	info := new(store).control().Info
	change(&info)
	return control.Of[stock]{
		Info: info, Read: new(store).read,
		Want:  func(s stock, _ control.Env) (stock, error) { return s, nil },
		Write: func(context.Context, control.Env, stock, stock) error { return nil },
	}.Control()
}

func named(id string, actions ...string) control.Control {
	return declared(func(i *control.Info) {
		i.ID = id
		i.Actions = append([]string{"a:A"}, actions...)
		i.UndoActions = []string{"z:Z"}
	})
}

func TestRegistry(t *testing.T) {
	r := ok[control.Registry](t)(control.NewRegistry(nil,
		named("S3.10"), named("S3.2", "b:B"), named("EC2.19"), named("IAM.x")))
	var ids []string
	for _, c := range r.All() {
		ids = append(ids, c.ID)
	}
	if d := cmp.Diff([]string{"EC2.19", "IAM.x", "S3.2", "S3.10"}, ids); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"a:A", "b:B", "z:Z"}, r.Actions(control.RoleRemediation)); d != "" {
		t.Errorf("actions (-want +got):\n%s", d)
	}
	if c, found := r.Get("s3.10"); !found || c.ID != "S3.10" {
		t.Errorf("Get in small letters: %v, %v", c.ID, found)
	}
	if _, found := r.Get("S3.1"); found {
		t.Error("Get found a control that is not there")
	}
	r.All()[0] = control.Control{}
	if r.All()[0].ID == "" {
		t.Error("the list of a registry can be changed from outside")
	}
}

func TestRegistryRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(*control.Info)
		want   string
	}{
		"no id":       {func(i *control.Info) { i.ID = "" }, "lacks ID"},
		"no title":    {func(i *control.Info) { i.Title = "" }, "lacks Title"},
		"no resource": {func(i *control.Info) { i.Resources = nil }, "lacks Resources"},
		"no effect":   {func(i *control.Info) { i.Effect = "" }, "lacks Effect"},
		"no severity": {func(i *control.Info) { i.Severity = "" }, "lacks Severity"},
		"no impact":   {func(i *control.Info) { i.Impact = "" }, "lacks Impact"},
		"no pattern":  {func(i *control.Info) { i.Pattern = nil }, "lacks Pattern"},
		"no group":    {func(i *control.Info) { i.Pattern = regexp.MustCompile("x") }, "lacks Pattern with a group"},
		"no actions":  {func(i *control.Info) { i.Actions = nil }, "lacks Actions"},
		"bad glob":    {func(i *control.Info) { i.OneWay = map[string]string{"Goods/[": "x"} }, `one way "Goods/["`},
		"bad wait": {func(i *control.Info) {
			i.Waits = map[string]control.Wait{"Goods/[": {For: "x", Within: 1}}
		}, `wait "Goods/["`},
		"wait for nobody": {func(i *control.Info) {
			i.Waits = map[string]control.Wait{"Goods/*": {Within: 1}}
		}, "lacks For or Within"},
		"wait for ever": {func(i *control.Info) {
			i.Waits = map[string]control.Wait{"Goods/*": {For: "x"}}
		}, "lacks For or Within"},
		"no such role": {func(i *control.Info) { i.Role = "root" }, `role "root" is none of [remediation identity]`},
		"no ARNs":      {func(i *control.Info) { i.WholeAccount = false }, "needs Narrow or WholeAccount"},
		"an ARN or not": {func(i *control.Info) {
			i.WholeAccount, i.Pattern = false, regexp.MustCompile(`^(?:arn:aws:s3:::|AWS::::Account:)(.+)$`)
		}, "needs Narrow or WholeAccount"},
		"maybe an ARN": {func(i *control.Info) {
			i.WholeAccount, i.Pattern = false, regexp.MustCompile(`^(?:arn:aws:s3:::)?(.+)$`)
		}, "needs Narrow or WholeAccount"},
		"an ARN in any capitals": {func(i *control.Info) {
			i.WholeAccount, i.Pattern = false, regexp.MustCompile(`(?i)^arn:aws:s3:::(.+)$`)
		}, "needs Narrow or WholeAccount"},
		"narrow and whole": {func(i *control.Info) {
			i.Narrow = func(control.Env) []string { return nil }
		}, "one of them is wrong"},
		"the first": {func(i *control.Info) { i.Title, i.Actions = "", nil }, "lacks Title"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := control.NewRegistry(nil, declared(tc.change)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("want an error with %q, got %v", tc.want, err)
			}
		})
	}
	_, err := control.NewRegistry(nil, named("S3.8"), named("s3.8"))
	if err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("one id in two spellings: %v", err)
	}
	bare := control.Control{Info: named("S3.8").Info}
	if _, err := control.NewRegistry(nil, bare); err == nil || !strings.Contains(err.Error(), "mechanism") {
		t.Errorf("a control without a mechanism: %v", err)
	}
}

func TestText(t *testing.T) {
	tests := map[string]struct {
		value any
		want  string
	}{
		"nothing":         {nil, "none"},
		"text":            {"a \"b\"", `"a \"b\""`},
		"no":              {false, "false"},
		"number":          {int64(7), "7"},
		"policy":          {map[string]any{"k": "<a&b>"}, `{"k":"<a&b>"}`},
		"disguised":       {map[string]any{"k": "a\u202eb\u007f"}, `{"k":"a\u202eb\x7f"}`},
		"escape sequence": {"\x1b[2J", `"\x1b[2J"`},
		"not JSON":        {complex(1, 2), "(1+2i)"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := control.Text(tc.value); got != tc.want {
				t.Errorf("Text = %s, want %s", got, tc.want)
			}
		})
	}
	ch := control.Change{Path: "Tags/a\n+ all is well/~1\u202e", To: "x"}
	if got, want := ch.String(), `~ Tags.a\n+ all is well./\u202e: none → "x"`; got != want {
		t.Errorf("a change with a hostile name reads %q, want %q", got, want)
	}
}
