package playbooktest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
)

// The cases are the same for controls whose change is started, with what differs for them in this file: an apply is a
// start and the end of what was started; a deleted resource, and another one, are met by the runbook, and not by the
// start; and what publishes the runbook is called once in an account and Region.

// ends is how long a runbook of the lab may take.
const ends = time.Minute

// look is how often the suite looks at a runbook.
const look = 100 * time.Millisecond

// advancer is a world whose time can be put forward.
type advancer interface {
	Advance(ctx context.Context, by time.Duration) error
}

// apply carries a plan out, as far as a run does before it looks at the resource for the last time.
func (c *scene) apply(env control.Env, p control.Plan) error {
	c.t.Helper()
	switch {
	case !c.Control.Starts():
		passes, err := c.Control.Passing(env, p)
		if err != nil {
			return err
		}
		c.giving(&env, passes)
		return c.Control.Apply(c.t.Context(), env, p)
	case !p.Pending():
		return nil
	}
	c.turn()
	started, err := c.Control.Start(c.t.Context(), env, p)
	if err != nil {
		return err
	}
	_, err = c.over(env, started, types.SignalTypeApprove) // how it ended is no matter: a run looks at the resource
	return err
}

// Ended starts what the plan starts in a world, the lab of World if nil, and returns how it ended. Where it asks
// somebody, that is approved, unless says is something else.
func Ended(
	t *testing.T, w AWS, c control.Control, env control.Env, p control.Plan, says ...types.SignalType,
) control.Progress {
	t.Helper()
	s := &scene{suite: &suite{Suite: Suite{Control: c, World: w}}, t: t}
	s.turn()
	return Got(s.over(env, Got(c.Start(t.Context(), env, p))(t), append(says, types.SignalTypeApprove)[0]))(t)
}

// turn waits for the next second: AWS starts one runbook a second in an account and Region.
func (c *scene) turn() {
	c.t.Helper()
	if c.World == nil {
		c.World = World(c.t)
	}
	if w, ok := c.World.(advancer); ok {
		Done(c.t, w.Advance(c.t.Context(), time.Second))
	}
}

// over waits for the end of what was started. Where it asks somebody, the account's root says what is to be said.
func (c *scene) over(env control.Env, started control.Execution, says types.SignalType) (control.Progress, error) {
	c.t.Helper()
	tick := time.NewTicker(look)
	defer tick.Stop()
	said := false
	for end := time.Now().Add(ends); time.Now().Before(end); <-tick.C {
		p, err := c.Control.Progress(c.t.Context(), env, started)
		switch {
		case err != nil:
			return p, err
		case !p.Known() || p.Over:
			c.t.Logf("execution %s: %s %s %s", started.ID, p.Status, p.Step, p.Message)
			return p, nil
		case p.Waits != "" && !said:
			said = true
			c.say(env, started, says)
		}
	}
	return control.Progress{}, fmt.Errorf("execution %s has not ended within %s", started.ID, ends)
}

// say answers what a runbook asks, past the control and its session.
func (c *scene) say(env control.Env, started control.Execution, says types.SignalType) {
	c.t.Helper()
	root := c.World.Root(env.Target.Account)
	root.Region = env.Target.Region
	Got(ssm.NewFromConfig(root).SendAutomationSignal(c.t.Context(), &ssm.SendAutomationSignalInput{
		AutomationExecutionId: &started.ID, SignalType: says,
	}))(c.t)
}

// unseen is why no call of a case shows an action.
func (s *suite) unseen(action string) string {
	if s.Control.Starts() {
		switch action {
		case "iam:PassRole":
			return "SSM Automation asks for it with the start"
		case "ssm:CreateDocument", "ssm:DescribeDocument", "ssm:UpdateDocument":
			return "a runbook is published once: see the case of it"
		}
	}
	return s.Unseen[action]
}

// publishing takes the rights to publish a runbook away, on the first use of it and when Salve has a newer one, and
// then publishes it with them.
func (s *suite) publishing(t *testing.T) {
	for action, before := range map[string]func(*testing.T, *ssm.Client, string){
		"ssm:CreateDocument":   func(*testing.T, *ssm.Client, string) {},
		"ssm:DescribeDocument": olderRunbook,
		"ssm:UpdateDocument":   olderRunbook,
		"iam:PassRole":         func(*testing.T, *ssm.Client, string) {},
	} {
		c := s.scene(t)
		p, _ := c.plan(c.fixing())
		client := ssm.NewFromConfig(c.root)
		Got(client.DeleteDocument(t.Context(), &ssm.DeleteDocumentInput{Name: &p.Runbook.Document}))(t)
		before(t, client, p.Runbook.Document)
		was := c.observe()
		isDenied(t, "start without "+action, c.tryFix(c.session(without(s.Control.Actions, action))))
		c.unchanged(was, "after a start without "+action)
		c.fix()
	}
}

// olderRunbook is what an older Salve has published.
func olderRunbook(t *testing.T, client *ssm.Client, name string) {
	t.Helper()
	// Written as Salve hashes a content. Were the name of its version wrong, Salve would not put its own in its place.
	content := `{"description":"As it was in an older Salve.","mainSteps":[{"action":"aws:sleep",` +
		`"inputs":{"Duration":"PT0S"},"name":"One"}],"schemaVersion":"0.3"}`
	version := fmt.Sprintf("%s%x", names.RunbookVersionPrefix, sha256.Sum256([]byte(content)))
	Got(client.CreateDocument(t.Context(), &ssm.CreateDocumentInput{
		Name: &name, Content: &content, VersionName: &version,
		DocumentType: types.DocumentTypeAutomation, DocumentFormat: types.DocumentFormatYaml,
	}))(t)
}

// whose begins the ids of what is started for a scene: a run starts one thing, its undo another.
func (c *scene) whose(way string) string { return cmp.Or(c.id, "suite") + way }

// wideReads tells whether some reads reach the whole account: AWS does not limit them to a resource. What is asked
// about the runbook is not about the resource.
func (s *suite) wideReads() bool {
	return slices.ContainsFunc(s.Control.Reads(), func(a string) bool {
		return unlimited(a) && (!s.Control.Starts() || a != "ssm:DescribeDocument")
	})
}
