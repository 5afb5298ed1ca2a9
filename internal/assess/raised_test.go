package assess

import (
	"context"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/gate"
)

// TestRaisedByClass: what a class of data sets for a control is part of what would change. Tags are read only where a
// class does so; where nobody may, nothing is planned.
func TestRaisedByClass(t *testing.T) {
	theirs := map[string]map[string]any{"S3.1": {"key": "theirs"}}
	classes := &gate.Classes{Tag: "data", Red: gate.Class{Parameters: theirs}}
	for name, tc := range map[string]struct {
		classes *gate.Classes
		tags    map[string]string
		want    Class
		goes    string
		looks   int
	}{
		"red":             {classes, map[string]string{"data": "red"}, Automatic, "theirs", 1},
		"green":           {classes, map[string]string{"data": "green"}, Automatic, "ours", 1},
		"nobody knows":    {classes, nil, Refused, "", 1},
		"nothing to know": {nil, nil, Automatic, "ours", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w, looks, goes := newWorld(), 0, ""
			w.playbook("S3.1", func(i *control.Info) { i.Params = []control.Param{{Name: "key", Default: "ours"}} })
			closing := w.mapping["S3.1"]
			w.mapping["S3.1"] = control.Of[flag]{
				Info: closing.Info,
				Read: func(context.Context, control.Env) (flag, error) { return flag{true}, nil },
				Want: func(_ flag, env control.Env) (flag, error) {
					goes = env.Params.Text("key")
					return flag{}, nil
				},
				Write: func(context.Context, control.Env, flag, flag) error { panic("an assessment wrote") },
			}.Control()
			w.fails("S3.1", own, bucket, cis)
			a := w.assessment(journal(t, head()))
			a.Hub, a.Config = true, gate.Config{Classes: tc.classes}
			a.Tags = func(context.Context, control.Target, string) (map[string]string, error) {
				looks++
				return tc.tags, nil
			}
			if err := a.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			for row := range a.Journal.Report().Rows() {
				if row.Outcome != tc.want {
					t.Errorf("%+v", row)
				}
			}
			if goes != tc.goes || looks != tc.looks {
				t.Errorf("went by %q after %d looks, want %q after %d", goes, looks, tc.goes, tc.looks)
			}
		})
	}
}
