package selftest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/hub"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/rollout"
	"github.com/salve-security/salve/internal/selftest"
	"github.com/salve-security/salve/internal/stack"
	"github.com/salve-security/salve/internal/stack/stacktest"
)

const account = "111111111111"

const hubTemplate = `
Parameters:
  CodeBucket: {Type: String}
  CodeKey: {Type: String}
  Revision: {Type: String, Default: "0"}
  LiveVersion: {Type: String, Default: ""}
  Architecture: {Type: String, Default: arm64}
  OrgId: {Type: String, Default: ""}
  ExternalId: {Type: String, Default: "", NoEcho: true}
  OperatorPrincipals: {Type: String, Default: ""}
  CustomActions: {Type: String, Default: ByCommand}
  DeletionProtection: {Type: String, Default: "true"}
Resources:
  Thing: {Type: AWS::SQS::Queue}
`

const memberTemplate = `
Parameters:
  OrchestratorRoleArn: {Type: String}
  OrgId: {Type: String, Default: ""}
  ExternalId: {Type: String, Default: "", NoEcho: true}
  CodeBucket: {Type: String, Default: salve-*}
Resources:
  Role: {Type: AWS::IAM::Role}
`

var errStruck = errors.New("struck")

// world is an account in memory whose every call can be struck: CloudFormation, buckets, custom actions, configuration,
// the journal, the seeds and what the engine does to them. The parts of the deployment are those of salve deploy.
type world struct {
	*stacktest.Cloud
	buckets map[string]*bucket
	actions map[string]bool
	config  gate.Settings
	journal string
	things  map[string]string // seeds by name: bare, made, fixed
	said    []string
	restive error
	differs string // id of a custom action that somebody named otherwise
	clock   time.Time
}

func newWorld() *world {
	return &world{
		Cloud: stacktest.New(account), buckets: map[string]*bucket{}, actions: map[string]bool{}, things: map[string]string{},
		clock: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC),
	}
}

// did counts a call, lets it happen unless it is struck, and strikes its answer.
func (w *world) did(call string, do func() error) error {
	w.Calls = append(w.Calls, call)
	if w.Before != nil {
		if err := w.Before(call); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return err
	}
	if w.After != nil {
		return w.After(call)
	}
	return nil
}

// end is all that is there.
func (w *world) end() string {
	out := []string{fmt.Sprint(sorted(w.buckets), w.actions, w.things, w.journal)}
	for name, s := range w.Stacks() {
		if s.Status != "DELETE_COMPLETE" {
			out = append(out, fmt.Sprint(name, s.Status, s.Parameters))
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

func (w *world) driver() stack.Driver {
	return stack.Driver{API: w.Cloud, Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

// hub is the hub as the command line wishes it.
func (w *world) hub() *rollout.Hub {
	place := rollout.Place{Partition: "aws", Account: account, Region: "eu-central-1"}
	client := w.client()
	return &rollout.Hub{
		Place: place, Template: hubTemplate, Driver: w.driver(), Actions: buttons{w}, Shelf: shelf{w},
		Bucket:     rollout.Bucket{API: client, Presign: s3.NewPresignClient(client), Place: place, Name: place.BucketName()},
		Code:       &rollout.Code{Content: []byte("one"), Key: strings.Repeat("0", 24) + ".zip", Architecture: "arm64"},
		Parameters: selftest.Parameters("arn:aws:iam::"+account+":role/Admin", "secret"),
	}
}

// deployment is what a test of the command line has.
func (w *world) deployment() selftest.Deployment {
	h := w.hub()
	whole := func(name string) func(context.Context) (bool, error) {
		return func(ctx context.Context) (bool, error) {
			s, err := w.driver().Look(ctx, name)
			return s.Whole(), err
		}
	}
	return selftest.Deployment{
		Account: account, Hub: h, Driver: w.driver(), Works: whole("salve-hub"), Role: whole("salve-member"),
		Rest: func(context.Context, selftest.Journal) error { return w.restive },
		Members: func(ctx context.Context) (rollout.Members, error) {
			s, err := w.driver().Look(ctx, "salve-hub")
			return rollout.Members{
				Hub: s, Place: h.Place, Bucket: h.Bucket, Template: memberTemplate, ExternalID: "secret",
				Accounts: []rollout.Account{{
					ID: account, Driver: func(context.Context) (stack.Driver, error) { return w.driver(), nil },
				}},
			}, err
		},
	}
}

// sandbox is a run of the command.
func (w *world) sandbox(token string) selftest.Sandbox {
	seeds := []selftest.Seed{w.seed("S3.8"), w.seed("SQS.1")}
	return selftest.Sandbox{
		Diary: diary{w}, Deployment: w.deployment(), By: "arn:aws:iam::" + account + ":role/" + token, Token: token,
		Like: func(context.Context) error { return nil }, Fits: func(context.Context, *selftest.Journal) error { return nil },
		Open: func(context.Context, selftest.Made) (selftest.Engine, error) { return healer{w}, nil },
		Test: selftest.Test{
			Seeds: seeds,
			Now: func() time.Time {
				w.clock = w.clock.Add(time.Millisecond)
				return w.clock
			},
			Said: func(id, step string) { w.said = append(w.said, id+" "+step) },
		},
	}
}

// seed is one that is made in two calls, the second of which makes it known by its tag.
func (w *world) seed(control string) selftest.Seed {
	return selftest.Seed{
		Control: control, Price: "nothing",
		Make: func(_ context.Context, _ aws.Config, name string) (string, error) {
			for _, state := range []string{"bare", "made"} {
				if err := w.did(state, func() error { w.things[name] = state; return nil }); err != nil {
					return "", err
				}
			}
			return name, nil
		},
		Family: selftest.Family{
			Name: "thing",
			Find: func(context.Context, aws.Config) (found []string, err error) {
				err = w.did("find", func() error {
					for _, name := range slices.Sorted(maps.Keys(w.things)) {
						if w.things[name] != "bare" {
							found = append(found, name)
						}
					}
					return nil
				})
				return found, err
			},
			Remove: func(_ context.Context, _ aws.Config, name string) error {
				return w.did("remove", func() error { delete(w.things, name); return nil })
			},
		},
	}
}

// healer is the engine: it needs hub and member.
type healer struct{ w *world }

func (h healer) to(call, id, state string) error {
	return h.w.did(call, func() error {
		hub, member := h.w.Stacks()["salve-hub"], h.w.Stacks()["salve-member"]
		if hub == nil || member == nil {
			return errors.New("there is no hub, or no role")
		}
		h.w.things[id] = state
		return nil
	})
}

func (h healer) Fix(_ context.Context, _, resource string) (string, error) {
	return resource, h.to("fix", resource, "fixed")
}
func (h healer) Verify(_ context.Context, id string) error { return h.to("verify", id, "fixed") }
func (h healer) Undo(_ context.Context, id string) error   { return h.to("undo", id, "made") }
func (h healer) Packed() []int                             { return []int{9} }

// diary is the journal in memory.
type diary struct{ w *world }

func (d diary) Read(context.Context) (j *selftest.Journal, err error) {
	err = d.w.did("GetParameter", func() error {
		if d.w.journal == "" {
			return nil
		}
		j = &selftest.Journal{}
		return json.Unmarshal([]byte(d.w.journal), j)
	})
	return j, err
}

func (d diary) Write(_ context.Context, j selftest.Journal) error {
	return d.w.did("PutParameter", func() error {
		text, err := json.Marshal(j)
		d.w.journal = string(text)
		return err
	})
}

func (d diary) Forget(context.Context) error {
	return d.w.did("DeleteParameter", func() error { d.w.journal = ""; return nil })
}

// buttons are the custom actions in memory.
type buttons struct{ w *world }

func (b buttons) Look(context.Context) (all []hub.Action, err error) {
	err = b.w.did("DescribeActionTargets", func() error {
		for _, want := range names.Actions() {
			a := hub.Action{Action: want, State: hub.ActionMissing}
			if b.w.actions[want.ID] {
				a.State, a.ARN = hub.ActionThere, "arn"
			}
			if b.w.differs == want.ID {
				a.State = hub.ActionDiffers
			}
			all = append(all, a)
		}
		return nil
	})
	return all, err
}

func (b buttons) Make(_ context.Context, a *hub.Action) error {
	return b.w.did("CreateActionTarget", func() error { b.w.actions[a.ID] = true; return nil })
}

func (b buttons) Delete(_ context.Context, a *hub.Action) error {
	return b.w.did("DeleteActionTarget", func() error { delete(b.w.actions, a.ID); return nil })
}

// shelf is the configuration in memory: it is in the hub's table.
type shelf struct{ w *world }

func (s shelf) Settings(context.Context) (gate.Settings, error) {
	return s.w.config, s.w.did("GetItem", func() error { return nil })
}

func (s shelf) PushConfig(_ context.Context, p gate.Push) error {
	return s.w.did("UpdateItem", func() error {
		if s.w.config.Version != p.Over {
			return gate.ErrConflict
		}
		s.w.config = gate.Settings{Doc: p.Doc, Version: p.Over + 1}
		return nil
	})
}

// carried carries parts out, or ends the test.
func carried(t *testing.T, parts rollout.Parts) {
	t.Helper()
	items, err := parts.Carry(t.Context())
	if err != nil || rollout.Failures(items) > 0 {
		t.Fatalf("%v, %v", items, err)
	}
}

// stackLeft is a stack that somebody's creation left behind.
func stackLeft() stacktest.Stack { return stacktest.Stack{Status: "ROLLBACK_COMPLETE"} }
