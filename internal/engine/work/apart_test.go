package work_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/run"
)

// apart gives a process Store.3 as a control that writes in a session of its own, and keeps the sessions it asks for.
func apart(
	t *testing.T,
	w *enginetest.World,
	edit func(*control.Info),
	passed func(control.Env, enginetest.Flags, enginetest.Flags) []string,
) (*enginetest.Process, *asked) {
	t.Helper()
	return apartAs(t, w, func(of *control.Of[enginetest.Flags]) {
		edit(&of.Info)
		of.Passed = passed
	})
}

// apartAs is apart for what else a control says of the session that writes.
func apartAs(
	t *testing.T, w *enginetest.World, edit func(*control.Of[enginetest.Flags]),
) (*enginetest.Process, *asked) {
	t.Helper()
	a := &asked{}
	of := control.Of[enginetest.Flags]{
		Info: enginetest.Declared(t, "Store.3"),
		Read: func(ctx context.Context, env control.Env) (enginetest.Flags, error) {
			f, err := enginetest.ReadBlock(ctx, env)
			if f == nil || err != nil {
				return enginetest.Flags{}, err
			}
			return *f, nil
		},
		Want: func(enginetest.Flags, control.Env) (enginetest.Flags, error) {
			return *enginetest.Block(true, true, true, true), nil
		},
		Write: func(ctx context.Context, env control.Env, _, to enginetest.Flags) error {
			return enginetest.WriteBlock(ctx, env, &to)
		},
	}
	edit(&of)
	return enginetest.Instead(t, w.Start(a.keep), of), a
}

func identities(i *control.Info) { i.Role = control.RoleIdentity }

// door is what a test wants of a session.
type door struct {
	Role    control.Role
	Actions string
	Passes  []string
}

// doors are the sessions that were asked for.
func (a *asked) doors() []door {
	var out []door
	for _, r := range a.list {
		out = append(out, door{r.Role, strings.Join(r.Actions, " "), r.Passes.Roles})
	}
	return out
}

// onlyRead expects no session but such that read, as everybody.
func (a *asked) onlyRead(t *testing.T) {
	t.Helper()
	for _, d := range a.doors() {
		if d.Role != control.RoleRemediation || d.Actions != reads {
			t.Errorf("a session of %+v", d)
		}
	}
}

const reads, writes = "store:GetBlock", "store:GetBlock store:PutBlock"

// TestIdentitiesNeedAPerson: whatever mode a report or a click meets, it never enters the role that decides who may do
// what, and writes nothing; what it reads, it reads as everybody. The operator who says yes does.
func TestIdentitiesNeedAPerson(t *testing.T) {
	for name, c := range map[string]struct {
		by   func(*enginetest.World, *testing.T, ...string) engine.Message
		mode gate.Mode
		runs int
	}{
		"reported, auto":    {(*enginetest.World).Imported, gate.Auto, 0},
		"clicked, auto":     {(*enginetest.World).Click, gate.Auto, 0},
		"reported, approve": {(*enginetest.World).Imported, gate.Approve, 1},
		"clicked, approve":  {(*enginetest.World).Click, gate.Approve, 1},
		"clicked, manual":   {(*enginetest.World).Click, gate.Manual, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			w.Config = enginetest.Modes(c.mode)
			store := w.Store(t, enginetest.Block(false, true, true, true))
			id := w.Report(t, enginetest.Spec(store))
			p, a := apart(t, w, identities, nil)
			p.Handled(t, c.by(w, t, id))
			p.Handled(t, enginetest.Sweep())
			a.onlyRead(t)
			if len(w.Runs()) != c.runs || w.Blocked(store) {
				t.Fatalf("%d runs, blocked %v", len(w.Runs()), w.Blocked(store))
			}
			if c.runs > 0 {
				w.Ended(t, run.StatusAwaitingApproval)
			}
			a.list = nil
			fixed, err := p.Apply(t.Context(), enginetest.Wish(store))
			if err != nil || fixed.Status != run.StatusVerified {
				t.Fatalf("%+v, %v", fixed, err)
			}
			want := []door{{control.RoleRemediation, reads, nil}, {control.RoleIdentity, writes, nil}}
			if d := cmp.Diff(want, a.doors()); d != "" {
				t.Errorf("sessions (-want +got):\n%s", d)
			}
			if last := a.list[len(a.list)-1]; !last.Approved || last.Source != fixed.Actor {
				t.Errorf("the session of %q, approved %v", last.Source, last.Approved)
			}
		})
	}
}

// TestNobodyApproves: an operator whom nothing names is no person, and nothing is written.
func TestNobodyApproves(t *testing.T) {
	w := enginetest.New(t)
	p, a := apart(t, w, identities, nil)
	store := w.Store(t, enginetest.Block(false, true, true, true))
	wish := enginetest.Wish(store)
	wish.Actor = ""
	r, err := p.Apply(t.Context(), wish)
	if err == nil && r.Status != run.StatusRefused {
		t.Errorf("%+v", r)
	}
	if w.Blocked(store) || len(a.list) > 1 {
		t.Errorf("blocked %v, sessions %+v", w.Blocked(store), a.doors())
	}
}

// TestIdentitiesAreTakenBackByAPerson: an undo reads as everybody and writes as the role.
func TestIdentitiesAreTakenBackByAPerson(t *testing.T) {
	w := enginetest.New(t)
	p, a := apart(t, w, func(i *control.Info) {
		identities(i)
		i.UndoActions = []string{"store:PutPolicy"}
	}, nil)
	store := w.Store(t, enginetest.Block(false, true, true, true))
	r, err := p.Apply(t.Context(), enginetest.Wish(store))
	if err != nil {
		t.Fatal(err)
	}
	a.list = nil
	w.TakenBack(t, p, r)
	want := []door{
		{control.RoleRemediation, reads, nil}, {control.RoleIdentity, writes + " store:PutPolicy", nil},
	}
	if d := cmp.Diff(want, a.doors()); d != "" {
		t.Errorf("sessions (-want +got):\n%s", d)
	}
	w.Flagged(t, store, enginetest.Block(false, true, true, true))
}

// TestRolesArePassedAsRead: a plan can give no role away; the session that writes can give those that were read.
func TestRolesArePassedAsRead(t *testing.T) {
	own := "arn:aws:iam::" + enginetest.Member + ":role/app/web"
	for name, c := range map[string]struct {
		role string
		want []door
		says string
	}{
		"the role it has": {
			own, []door{{control.RoleRemediation, reads, nil}, {control.RoleRemediation, writes, []string{own}}}, "",
		},
		"another account's": {
			"arn:aws:iam::999999999999:role/app/web", []door{{control.RoleRemediation, reads, nil}}, "no role of account",
		},
		"Salve's own": {
			"arn:aws:iam::" + enginetest.Member + ":role/salve-remediation",
			[]door{{control.RoleRemediation, reads, nil}},
			"a role of Salve's",
		},
		"a pattern": {
			"arn:aws:iam::" + enginetest.Member + ":role/*", []door{{control.RoleRemediation, reads, nil}}, "no role of account",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p, a := apart(t, w, func(i *control.Info) { i.Passes = []string{"ecs-tasks.amazonaws.com"} },
				func(control.Env, enginetest.Flags, enginetest.Flags) []string { return []string{c.role} })
			store := w.Store(t, enginetest.Block(false, true, true, true))
			r, err := p.Apply(t.Context(), enginetest.Wish(store))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, a.doors()); d != "" {
				t.Errorf("sessions (-want +got):\n%s", d)
			}
			fine := c.says == ""
			if w.Blocked(store) != fine || (r.Status == run.StatusVerified) != fine || !strings.Contains(r.Reason, c.says) {
				t.Errorf("blocked %v, %s: %s", w.Blocked(store), r.Status, r.Reason)
			}
		})
	}
}

// TestFunctionsAreCalledAsRead: a plan can have no function called; the session that writes can have that called which
// was read, and no version of it.
func TestFunctionsAreCalledAsRead(t *testing.T) {
	own := "arn:aws:lambda:" + enginetest.Region + ":" + enginetest.Member + ":function:rotate"
	for name, c := range map[string]struct {
		function string
		fine     bool
	}{
		"the function it has": {own, true},
		"a version":           {own + ":7", false},
		"another account's":   {strings.Replace(own, enginetest.Member, "999999999999", 1), false},
		"Salve's own":         {strings.Replace(own, "rotate", "salve-orchestrator", 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			w := enginetest.New(t)
			p, a := apartAs(t, w, func(of *control.Of[enginetest.Flags]) {
				of.Actions = append(of.Actions, "lambda:InvokeFunction")
				of.Invoked = func(control.Env, enginetest.Flags, enginetest.Flags) []string { return []string{c.function} }
			})
			store := w.Store(t, enginetest.Block(false, true, true, true))
			r, err := p.Apply(t.Context(), enginetest.Wish(store))
			if err != nil {
				t.Fatal(err)
			}
			want := [][]string{nil}
			if c.fine {
				want = append(want, []string{own})
			}
			var got [][]string
			for _, s := range a.list {
				got = append(got, s.Passes.Functions)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("functions of the sessions (-want +got):\n%s", d)
			}
			if w.Blocked(store) != c.fine || (r.Status == run.StatusVerified) != c.fine {
				t.Errorf("blocked %v, %s: %s", w.Blocked(store), r.Status, r.Reason)
			}
		})
	}
}
