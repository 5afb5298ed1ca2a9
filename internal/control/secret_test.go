package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// project is a made-up build project: variables whose value is a password have
// to go to a safe, and the project may only name the place.
type project struct {
	Variables map[string]variable
	Note      string
}

type variable struct {
	Password control.Secret
	Place    string
}

// safe is the one project there is, with the safe beside it.
type safe struct {
	variables map[string][2]string // value and place by name
	note      string
	stored    map[string]string
	onStore   error // a write ends after the value is in the safe
}

const hunter = "hunter2-of-the-hub"

func (s *safe) control() control.Control {
	return control.Of[project]{
		Info: control.Info{
			ID: "Project.1", Title: "No passwords in variables", Resources: []string{"Project"}, Effect: "None.",
			Severity: control.SeverityCritical, Impact: control.ImpactNone,
			Pattern: regexp.MustCompile(`^project/(.+)$`), Actions: []string{"build:Get"},
		},
		Read: s.read, Want: wantProject, Write: s.write,
	}.Control()
}

func (s *safe) read(_ context.Context, env control.Env) (project, error) {
	p := project{Variables: map[string]variable{}, Note: s.note}
	for name, v := range s.variables {
		p.Variables[name] = variable{Password: env.Seal(v[0]), Place: v[1]}
	}
	return p, nil
}

func wantProject(p project, _ control.Env) (project, error) {
	for name, v := range p.Variables {
		if !v.Password.IsZero() {
			p.Variables[name] = variable{Place: "safe/" + name}
		}
	}
	p.Note = "clean"
	return p, nil
}

func (s *safe) write(_ context.Context, env control.Env, from, to project) error {
	for name, v := range from.Variables {
		value, err := env.Reveal(v.Password)
		if err != nil {
			return err
		}
		if value != "" && to.Variables[name].Place != "" {
			s.stored[to.Variables[name].Place] = value
		}
	}
	if s.onStore != nil {
		return s.onStore
	}
	variables := map[string][2]string{}
	for name, v := range to.Variables {
		value, err := env.Reveal(v.Password)
		if err != nil {
			return err
		}
		variables[name] = [2]string{value, v.Place}
	}
	s.note, s.variables = to.Note, variables
	return nil
}

func newSafe() *safe {
	return &safe{
		variables: map[string][2]string{"DB": {hunter, ""}, "CACHE": {"", "safe/old"}}, stored: map[string]string{},
	}
}

// sealing is an Env as a process has it that works with the hub's key.
func sealing(key string) control.Env {
	return control.Env{
		Seals: control.NewSeals([]byte(key)), Target: control.Target{Account: "222222222222", Resource: "project/one"},
	}
}

// marks is the mark of the password in a plan.
func mark(t *testing.T, p control.Plan) string {
	t.Helper()
	found := regexp.MustCompile(`sealed:[0-9a-f]{24}`).FindString(p.String())
	if found == "" {
		t.Fatalf("no mark in\n%s", p)
	}
	return found
}

func TestSecretsShowOnlyTheirMark(t *testing.T) {
	s := newSafe()
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), sealing("k")))
	raw := ok[[]byte](t)(json.Marshal(p))
	for _, shown := range []string{string(raw), p.String(), fmt.Sprintf("%v %+v %#v", p, p, p)} {
		if strings.Contains(shown, hunter) || !strings.Contains(shown, mark(t, p)) {
			t.Errorf("shows the secret, or not its mark: %s", shown)
		}
	}
	if !p.OneWay() || !strings.Contains(p.String(), "(one way: secrets are not kept, so this one cannot be put back)") {
		t.Errorf("the plan does not say that the secret cannot come back:\n%s", p)
	}
	other := sealing("k")
	other.Target.Resource = "project/two"
	for how, tc := range map[string]struct {
		env  control.Env
		same bool
	}{
		"another process":  {sealing("k"), true},
		"another key":      {sealing("l"), false},
		"another resource": {other, false},
	} {
		if again := ok[control.Plan](t)(c.Plan(t.Context(), tc.env)); (mark(t, again) == mark(t, p)) != tc.same {
			t.Errorf("%s: marks %s and %s, want same %v", how, mark(t, again), mark(t, p), tc.same)
		}
	}
}

func TestSecretsAreMoved(t *testing.T) {
	s, e := newSafe(), sealing("k")
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), e))
	done(t, c.Apply(t.Context(), e, p))
	seen := ok[control.Seen](t)(c.Verify(t.Context(), e, p))
	if len(seen.Left) > 0 || s.stored["safe/DB"] != hunter || s.variables["DB"] != [2]string{"", "safe/DB"} {
		t.Fatalf("left %v, safe %v, project %v", seen.Left, s.stored, s.variables)
	}
	// Another process takes it back: the note returns, and no variable is left without password and place.
	e = sealing("k")
	undo := ok[control.Plan](t)(c.PlanUndo(t.Context(), e, keep(t, p).Changes))
	done(t, c.Apply(t.Context(), e, undo))
	if s.note != "" || s.variables["DB"] != [2]string{"", "safe/DB"} {
		t.Errorf("note %q, project %v: want the note back and the variable as it is", s.note, s.variables)
	}
}

// TestUndoRefusesASecret: a change of a time when the value was no secret says nothing of one way.
func TestUndoRefusesASecret(t *testing.T) {
	s, e := newSafe(), sealing("k")
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), e))
	done(t, c.Apply(t.Context(), e, p))
	changes := keep(t, p).Changes
	for i := range changes {
		changes[i].Stays = ""
	}
	if _, err := c.PlanUndo(t.Context(), sealing("k"), changes); !errors.Is(err, control.ErrSealed) ||
		!strings.Contains(err.Error(), "Variables.DB.Password") {
		t.Errorf("%v, want ErrSealed and the path", err)
	}
}

// TestSecretsSurviveAnInterruption: whoever continues reads the secret again
// where it still is, and is refused where it is not.
func TestSecretsSurviveAnInterruption(t *testing.T) {
	s, e := newSafe(), sealing("k")
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), e))
	s.onStore = errLost
	if err := c.Apply(t.Context(), e, p); !errors.Is(err, errLost) {
		t.Fatal(err)
	}
	s.onStore = nil
	clear(s.stored)
	e = sealing("k")
	next := ok[control.Plan](t)(c.Continue(t.Context(), e, keep(t, p)))
	done(t, c.Apply(t.Context(), e, next))
	if s.stored["safe/DB"] != hunter || s.variables["DB"][1] != "safe/DB" {
		t.Errorf("safe %v, project %v", s.stored, s.variables)
	}
	undone := keep(t, p)
	undone.Undo = true
	for i, ch := range undone.Changes { // an undo that wants the secret back
		undone.Changes[i].From, undone.Changes[i].To = ch.To, ch.From
	}
	e = sealing("k")
	back := ok[control.Plan](t)(c.Continue(t.Context(), e, undone))
	if err := c.Apply(t.Context(), e, back); !errors.Is(err, control.ErrSealed) {
		t.Errorf("%v, want ErrSealed", err)
	}
}

// TestDriftOfASecret: somebody changed the password meanwhile; neither is told.
func TestDriftOfASecret(t *testing.T) {
	s, e := newSafe(), sealing("k")
	c := s.control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), e))
	s.variables["DB"] = [2]string{"another-password", ""}
	_, err := c.Continue(t.Context(), sealing("k"), withUndo(keep(t, p)))
	if drift := new(control.DriftError); !errors.As(err, &drift) || strings.Contains(err.Error(), "another-password") ||
		!strings.Contains(err.Error(), "sealed:") {
		t.Errorf("%v, want a drift that shows the mark", err)
	}
}

// withUndo makes a plan one whose goal is a single state.
func withUndo(p control.Plan) control.Plan { p.Undo = true; return p }

func TestSecretsNeedAKey(t *testing.T) {
	e := sealing("k")
	e.Seals = nil
	c := newSafe().control()
	if _, err := c.Plan(t.Context(), e); !errors.Is(err, control.ErrNoSeal) {
		t.Errorf("%v, want ErrNoSeal", err)
	}
	if got := e.Seal(hunter).String(); got != "sealed:unknown" {
		t.Errorf("without a key: %q", got)
	}
	if e.Seals.In(hunter) {
		t.Error("found a secret without knowing one")
	}
	if !c.HasSecrets() || (&store{}).control().HasSecrets() {
		t.Error("HasSecrets does not go by the state's type")
	}
}

// TestTextThatLooksLikeAMark is none: it can be put back.
func TestTextThatLooksLikeAMark(t *testing.T) {
	s := newSafe()
	s.note = "sealed:0123456789abcdef01234567"
	p := ok[control.Plan](t)(s.control().Plan(t.Context(), sealing("k")))
	for _, ch := range p.Changes {
		if ch.Path == "Note" && ch.Stays != "" {
			t.Errorf("%s", ch)
		}
	}
}

// TestSealsFindTheirSecrets: an answer may quote, escape or fold what it repeats.
func TestSealsFindTheirSecrets(t *testing.T) {
	const odd = "pa\"ss & wörd\n<1>"
	e := sealing("k")
	for _, v := range []string{odd, "abc", ""} {
		e.Seal(v)
	}
	quoted := string(ok[[]byte](t)(json.Marshal(odd)))
	for text, want := range map[string]bool{
		"value " + odd: true, "value " + quoted: true, "https://x/?q=" + url.QueryEscape(odd): true,
		"value pa\"ss & wörd <1>": true, "abc is short": false, "nothing of it": false, "": false,
	} {
		if got := e.Seals.In(text); got != want {
			t.Errorf("in %q: %v, want %v", text, got, want)
		}
	}
	shown := fmt.Sprintf("%v %+v %#v %s", e.Seals, e, e, ok[[]byte](t)(json.Marshal(e.Seals)))
	if strings.Contains(shown, "wörd") || strings.Contains(shown, "107") { // the key, as bytes
		t.Errorf("shows %s", shown)
	}
}

func TestRevealOfNothing(t *testing.T) {
	e := sealing("k")
	if v, err := e.Reveal(control.Secret{}); v != "" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	var foreign control.Secret
	done(t, json.Unmarshal([]byte(`"sealed:00"`), &foreign))
	if _, err := e.Reveal(foreign); !errors.Is(err, control.ErrSealed) {
		t.Errorf("%v, want ErrSealed", err)
	}
	if err := json.Unmarshal([]byte(`7`), &foreign); err == nil {
		t.Error("a number was taken for a mark")
	}
}

// TestSecretsAnywhere: in lists, behind pointers, in collections of records.
func TestSecretsAnywhere(t *testing.T) {
	type deep struct {
		List []control.Secret
		Ptr  *control.Secret
		More map[string]map[string][]struct{ Key control.Secret }
		Self *deep
		Rest map[string]string
	}
	e := sealing("k")
	one := e.Seal(hunter)
	full := deep{
		List: []control.Secret{one}, Ptr: &one, Rest: map[string]string{"a": "b"},
		More: map[string]map[string][]struct{ Key control.Secret }{"x": {"y": {{Key: one}}}},
		Self: &deep{Ptr: &one},
	}
	info := newSafe().control().Info
	c := control.Of[deep]{
		Info: info,
		Read: func(context.Context, control.Env) (deep, error) { return full, nil },
		Want: func(deep, control.Env) (deep, error) { return deep{}, nil },
	}.Control()
	p := ok[control.Plan](t)(c.Plan(t.Context(), e))
	stays := map[string]bool{}
	for _, ch := range p.Changes {
		stays[ch.Path] = ch.Stays != ""
	}
	want := map[string]bool{"List": true, "Ptr": true, "More/x/y": true, "Self": true, "Rest/a": false}
	if !maps.Equal(stays, want) {
		t.Errorf("one way %v, want %v", stays, want)
	}
}
