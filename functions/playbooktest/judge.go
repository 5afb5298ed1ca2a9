package playbooktest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/ran"
)

// askJudge has the judge look at a resource of the suite as it fails, once it is fixed and once that is taken back, in
// the place of the cases; false where there is no judge. See `make judge`.
func (s *suite) askJudge(t *testing.T) bool {
	t.Helper()
	at := os.Getenv(ran.JudgeVariable)
	if at == "" {
		return false
	}
	c := s.scene(t)
	env, look := c.fixing(), c.about(t) // what a session needs is there before the first look: it is not the fix's
	look.ask(t, at, ran.Seeded)
	plan, _ := c.plan(env)
	changes := c.finish(env, plan)
	look.Stays = !slices.ContainsFunc(changes, func(ch control.Change) bool { return ch.Stays == "" })
	look.ask(t, at, ran.Fixed)
	c.undo(changes)
	look.ask(t, at, ran.Undone)
	return true
}

// question is what the judge is asked.
type question struct{ ran.Look }

// about is what the judge has to know of the scene.
func (c *scene) about(t *testing.T) *question {
	t.Helper()
	name, _ := c.Control.Name(c.target())
	l := &question{ran.Look{
		Control: c.Control.ID, Suite: strings.TrimSuffix(t.Name(), "/"+c.Control.ID), On: describe(c.World),
		Account: c.Account, Region: c.Region, Resource: c.resource, Name: name,
		Writes: writing(c.undoActions()), Removes: c.Control.Removes,
	}}
	if c.root.BaseEndpoint != nil && c.root.Credentials != nil {
		keys := Got(c.root.Credentials.Retrieve(t.Context()))(t)
		l.Endpoint, l.Key, l.Secret = *c.root.BaseEndpoint, keys.AccessKeyID, keys.SecretAccessKey
	}
	return l
}

// writing are the actions that do not only read.
func writing(actions []string) []string { return slices.DeleteFunc(actions, control.Reading) }

// ask returns when the judge has looked.
func (l *question) ask(t *testing.T, at string, step ran.Step) {
	t.Helper()
	l.Step = step
	body := Got(json.Marshal(l.Look))(t)
	r := Got(http.NewRequestWithContext(t.Context(), http.MethodPost, at, bytes.NewReader(body)))(t)
	answer := Got(http.DefaultClient.Do(r))(t)
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusNoContent {
		t.Fatalf("the judge answers %s: %s", answer.Status, Got(io.ReadAll(answer.Body))(t))
	}
}
