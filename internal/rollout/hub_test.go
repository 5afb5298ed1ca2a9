package rollout_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/rollout"
)

// own is where the hub of these tests keeps what it writes.
const own = "salve/111111111111-eu-central-1/salve-hub/"

// lines are items in short.
func lines(items []rollout.Item) []string {
	var out []string
	for _, i := range items {
		line := string(i.Action) + " " + i.What
		for _, p := range i.Parameters {
			line += fmt.Sprintf(" %s:%s>%s", p.Name, p.From, p.To)
		}
		out = append(out, line)
	}
	return out
}

// TestHubFromNothing: the plan of an empty account names all that is made, and makes nothing; carried out it is made.
func TestHubFromNothing(t *testing.T) {
	w := newWorld()
	planned, err := w.hub("one").Parts().Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if end := w.end(); end != newWorld().end() {
		t.Errorf("the plan made something:\n%s", end)
	}
	revision := planned[2].Parameters[4].To
	want := []string{
		"create bucket salve-artifacts-111111111111-eu-central-1", "create program for arm64",
		"create stack salve-hub Architecture:>arm64 CodeBucket:>salve-artifacts-111111111111-eu-central-1 " +
			"CodeKey:>" + own + "0000000000000000006f6e65.zip OrgId:>o-0123456789 Revision:>" + revision,
		"create custom action SalveRemediate", "create custom action SalvePlan", "create custom action SalveUndo",
		"create configuration",
	}
	if d := cmp.Diff(want, lines(planned)); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
	if d := cmp.Diff(want, lines(carried(t, w.hub("one").Parts()))); d != "" {
		t.Errorf("done (-want +got):\n%s", d)
	}
	s, b := w.Stacks()[rollout.HubStack], w.buckets["salve-artifacts-111111111111-eu-central-1"]
	if !s.Protected || len(b.settings) != 4 || b.objects[own+"0000000000000000006f6e65.zip"] != "one" ||
		len(w.actions) != 3 ||
		w.config.Doc != `{"version":1,"defaults":{"mode":"manual"}}` {
		t.Errorf("it ended as:\n%s", w.end())
	}
}

// TestHubTwice: a second run changes nothing and says so, with the program or without.
func TestHubTwice(t *testing.T) {
	w := newWorld()
	carried(t, w.hub("one").Parts())
	before := w.end()
	for _, parts := range []rollout.Parts{w.hub("one").Parts(), w.hub("").Parts()} {
		if planned, err := parts.Plan(t.Context()); err != nil || rollout.Pending(planned) {
			t.Errorf("a second plan: %v, %v", lines(planned), err)
		}
		if done := carried(t, parts); rollout.Pending(done) {
			t.Errorf("a second run did %v", lines(done))
		}
	}
	if d := cmp.Diff(before, w.end()); d != "" {
		t.Errorf("a second run changed (-before +after):\n%s", d)
	}
}

// TestHubKeepsWhatIsNotGiven: parameters that are not given keep their values, a configuration and a policy that are
// there stay, and what changes gets another revision.
func TestHubKeepsWhatIsNotGiven(t *testing.T) {
	w := newWorld()
	h := w.hub("one")
	h.Parameters = map[string]string{"NoticeEmail": "a@example.org", "ExternalId": "secret"}
	carried(t, h.Parts())
	first := w.Stacks()[rollout.HubStack].Parameters["Revision"]
	w.config = gate.Settings{Doc: `{"version":1}`, Version: 4}
	next := w.hub("two")
	next.OrgID = "o-another0000" // the organisation of a hub that is there stays, too
	items := carried(t, next.Parts())
	s := w.Stacks()[rollout.HubStack]
	if s.Parameters["NoticeEmail"] != "a@example.org" || s.Parameters["ExternalId"] != "secret" ||
		s.Parameters["OrgId"] != "o-0123456789" || s.Parameters["CodeKey"] != own+"00000000000000000074776f.zip" {
		t.Errorf("parameters %v", s.Parameters)
	}
	if s.Parameters["Revision"] == first || w.config.Version != 4 {
		t.Errorf("revision %s, before %s; configuration %v", s.Parameters["Revision"], first, w.config)
	}
	if len(items) != 7 || items[2].Action != rollout.Change {
		t.Errorf("%v", lines(items))
	}
	third := w.hub("")
	third.Parameters = map[string]string{"ExternalId": "another secret"}
	was := s.Parameters["Revision"]
	carried(t, third.Parts())
	if is := w.Stacks()[rollout.HubStack].Parameters["Revision"]; is == was ||
		strings.Split(is, "-")[0] != strings.Split(was, "-")[0] || strings.Contains(is, "secret") {
		t.Errorf("another secret brings the revision from %s to %s", was, is)
	}
}

// TestKilledHub: a first deployment, an upgrade and a removal that die at any call, before it happened or before its
// answer came, are ended by the next run as an undisturbed one ends them.
func TestKilledHub(t *testing.T) {
	stories := map[string]struct {
		before, do func(*world) rollout.Parts // before may be nil
	}{
		"first": {do: func(w *world) rollout.Parts { return w.hub("one").Parts() }},
		"upgrade": {
			before: func(w *world) rollout.Parts { return w.hub("one").Parts() },
			do: func(w *world) rollout.Parts {
				h := w.hub("two")
				h.Release = true
				return h.Parts()
			},
		},
		"removal": {
			before: func(w *world) rollout.Parts { return w.hub("one").Parts() },
			do:     func(w *world) rollout.Parts { return w.hub("").Leave() },
		},
	}
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			begun := func() *world {
				w := newWorld()
				if story.before != nil {
					carried(t, story.before(w))
				}
				w.Calls = nil
				return w
			}
			quiet := begun()
			carried(t, story.do(quiet))
			for at := range quiet.Calls {
				for _, lost := range []bool{false, true} {
					w := begun()
					if !strike(t, w, story.do(w), at, lost) {
						continue
					}
					carried(t, story.do(w))
					if d := cmp.Diff(quiet.end(), w.end()); d != "" {
						t.Errorf("killed at call %d %s, answer lost %v (-undisturbed +killed):\n%s", at, quiet.Calls[at], lost, d)
					}
				}
			}
		})
	}
}

// strike lets a run die at a call; false where that has no answer that could be lost.
func strike(t *testing.T, w *world, parts rollout.Parts, at int, lost bool) bool {
	t.Helper()
	n := 0
	hook := func(string) error {
		if n++; n == at+1 {
			return errStruck
		}
		return nil
	}
	if w.Before = hook; lost {
		w.Before, w.After = nil, hook
	}
	_, err := parts.Carry(t.Context())
	w.Before, w.After = nil, nil
	if n <= at && lost {
		return false
	}
	if !errors.Is(err, errStruck) {
		t.Fatalf("the struck run ended with %v", err)
	}
	return true
}

// TestNobodyElsesBucket: a bucket of that name in another account is not used, whether it may be seen or not.
func TestNobodyElsesBucket(t *testing.T) {
	w := newWorld()
	w.buckets["salve-artifacts-111111111111-eu-central-1"] = &bucket{owner: "999999999999"}
	for _, do := range []func() ([]rollout.Item, error){
		func() ([]rollout.Item, error) { return w.hub("one").Parts().Plan(t.Context()) },
		func() ([]rollout.Item, error) { return w.hub("one").Parts().Carry(t.Context()) },
	} {
		if _, err := do(); fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), "--bucket") {
			t.Errorf("error %v", err)
		}
	}
}

// TestHubNeeds: what a first hub cannot do without is said before anything is made.
func TestHubNeeds(t *testing.T) {
	tests := map[string]struct {
		change func(*rollout.Hub)
		want   string
	}{
		"a program":      {func(h *rollout.Hub) { h.Code = nil }, "make package"},
		"whom to trust":  {func(h *rollout.Hub) { h.OrgID = "" }, "--org-id"},
		"its parameters": {func(h *rollout.Hub) { h.Parameters = map[string]string{"Size": "9"} }, "no parameter Size"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			h := w.hub("one")
			tc.change(h)
			if _, err := h.Parts().Plan(t.Context()); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one about %q", err, tc.want)
			}
		})
	}
}

// TestLeaveNothing: a removal lifts what protects, and leaves nothing but what it names.
func TestLeaveNothing(t *testing.T) {
	w := newWorld()
	carried(t, w.hub("one").Parts())
	config := w.config
	planned, err := w.hub("").Leave().Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"delete custom action SalveRemediate", "delete custom action SalvePlan", "delete custom action SalveUndo",
		"delete stack salve-hub", "delete bucket salve-artifacts-111111111111-eu-central-1",
	}
	if d := cmp.Diff(want, lines(planned)); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
	carried(t, w.hub("").Leave())
	empty := newWorld()
	empty.config = config // which is in the table
	if d := cmp.Diff(empty.end(), w.end()); d != "" {
		t.Errorf("left (-nothing +got):\n%s", d)
	}
	if done := carried(t, w.hub("").Leave()); rollout.Pending(done) {
		t.Errorf("a second removal did %v", lines(done))
	}
}

// TestButtonsOfTheStack: where the stack makes the custom actions, nobody else does.
func TestButtonsOfTheStack(t *testing.T) {
	w := newWorld()
	h := w.hub("one")
	h.Parameters = map[string]string{"CustomActions": "ByTemplate"}
	carried(t, h.Parts())
	carried(t, w.hub("one").Parts())
	if len(w.actions) != 0 {
		t.Errorf("actions %v", w.actions)
	}
}

// TestHubWithAPrefix: names begin as the environment says, the stack's too; a hub whose names begin otherwise is
// refused, for no command would find it.
func TestHubWithAPrefix(t *testing.T) {
	w := newWorld()
	h := w.hub("one")
	h.Place.Home = names.Home{Prefix: "acme-", Path: "/acme/"}
	carried(t, h.Parts())
	s := w.Stacks()["acme-salve-hub"]
	if s == nil || s.Parameters["NamePrefix"] != "acme-" || s.Parameters["RolePath"] != "/acme/" {
		t.Fatalf("it ended as:\n%s", w.end())
	}
	if items := carried(t, h.Parts()); rollout.Pending(items) {
		t.Errorf("again: %v", lines(items))
	}
	for name, change := range map[string]func(*rollout.Hub){
		"another prefix": func(h *rollout.Hub) { h.Parameters = map[string]string{"NamePrefix": "other-"} },
		"no path":        func(h *rollout.Hub) { h.Place.Home.Path = "" },
		"only as a parameter": func(h *rollout.Hub) {
			h.Place.Home, h.Parameters = names.Home{}, map[string]string{"NamePrefix": "other-"}
		},
	} {
		other := w.hub("one")
		other.Place.Home = h.Place.Home
		change(other)
		if _, err := other.Parts().Plan(t.Context()); fault.Of(err) != fault.Refused ||
			!strings.Contains(err.Error(), "export SALVE_PREFIX") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
