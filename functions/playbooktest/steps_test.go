package playbooktest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// lamp is the state of a made-up control that needs no AWS: lamps should be lit.
type lamp struct{ Lit bool }

// lamps is one control; a broken lamp takes what is written and stays dark.
func lamps(now *lamp, broken bool) []control.Control {
	return []control.Control{control.Of[lamp]{
		Info: control.Info{
			ID: "Salve.Lamp", Pattern: regexp.MustCompile(`^arn:aws:lamp:::([a-z]+)$`),
			Actions: []string{"lamp:GetLamp", "lamp:SetLamp"}, UndoActions: []string{"lamp:UnsetLamp"},
			Params: []control.Param{{Name: "color", Meaning: "Color.", Default: "white"}},
		},
		Read: func(context.Context, control.Env) (lamp, error) { return *now, nil },
		Want: func(lamp, control.Env) (lamp, error) { return lamp{true}, nil },
		Write: func(_ context.Context, _ control.Env, _, to lamp) error {
			if !broken {
				*now = to
			}
			return nil
		},
	}.Control()}
}

// desk is an AWS that keeps what it was asked for.
type desk struct{ asked control.SessionRequest }

func (d *desk) Root(string) aws.Config { return aws.Config{} }

func (d *desk) Open(_ context.Context, r control.SessionRequest) (aws.Config, error) {
	d.asked = r
	return aws.Config{Region: r.Target.Region}, nil
}

const hall = "arn:aws:lamp:::hall"

func TestEnv(t *testing.T) {
	c, d, noon := lamps(&lamp{}, false)[0], &desk{}, time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	env := playbooktest.Env(t, c, hall, playbooktest.On(d))
	if diff := cmp.Diff(playbooktest.Target(hall), env.Target); diff != "" || env.Now.IsZero() || env.Seals == nil {
		t.Errorf("now %v, target (-want +got):\n%s", env.Now, diff)
	}
	if diff := cmp.Diff([]string{"lamp:GetLamp", "lamp:SetLamp", "lamp:UnsetLamp"}, d.asked.Actions); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	env = playbooktest.Env(t, c, hall, playbooktest.On(d), playbooktest.At(noon), playbooktest.Allowing("lamp:GetLamp"),
		playbooktest.In("333333333333", "eu-west-1"), playbooktest.With(map[string]any{"color": "red"}))
	want := control.Target{Account: "333333333333", Region: "eu-west-1", Partition: "aws", Resource: hall}
	if diff := cmp.Diff(want, d.asked.Target); diff != "" || env.Target != want {
		t.Errorf("target (-want +got):\n%s", diff)
	}
	if env.Now != noon || env.Params.Text("color") != "red" || len(d.asked.Actions) != 1 {
		t.Errorf("now %v, parameters %v, actions %v", env.Now, env.Params, d.asked.Actions)
	}
}

func TestEnvWithStandIns(t *testing.T) {
	says := func(name string) playbooktest.StandIn {
		return playbooktest.StandIn{"ListBuckets": func(any) (any, error) { return nil, errors.New(name) }}
	}
	env := playbooktest.Env(t, lamps(&lamp{}, false)[0], hall, playbooktest.On(&desk{}), says("first"), says("second"))
	_, err := s3.NewFromConfig(env.Config).ListBuckets(t.Context(), nil)
	playbooktest.Fails(t, err, fault.Unknown, "first")
}

func TestFails(t *testing.T) {
	playbooktest.Fails(t, nil, fault.None)
	playbooktest.Fails(t, fault.New(fault.Refused, "ask Ann"), fault.Refused)
	playbooktest.Fails(t, fault.New(fault.Refused, "ask Ann"), fault.Refused, "Ann", "ask")
}

func TestFixAndUndo(t *testing.T) {
	now := &lamp{}
	c := playbooktest.Pick(t, lamps(now, false), "Salve.Lamp")
	env := playbooktest.Env(t, c, hall, playbooktest.On(&desk{}))
	playbooktest.Planned(t, c, env, "  ~ Lit: false → true\n")
	changes := playbooktest.Fix(t, c, env)
	if !now.Lit {
		t.Error("nothing was written")
	}
	playbooktest.Planned(t, c, env, "")
	playbooktest.Undo(t, c, env, changes)
	if now.Lit {
		t.Error("nothing was taken back")
	}
}

// misuses are what each helper must fail for.
func misuses() map[string]func(*testing.T) {
	refused := fault.New(fault.Refused, "ask Ann")
	env := func(t *testing.T) control.Env {
		t.Helper()
		return playbooktest.Env(t, lamps(&lamp{}, false)[0], hall, playbooktest.On(&desk{}))
	}
	return map[string]func(*testing.T){
		"no-control":   func(t *testing.T) { playbooktest.Pick(t, lamps(nil, false), "Salve.Lam") },
		"not-done":     func(t *testing.T) { playbooktest.Done(t, refused) },
		"not-got":      func(t *testing.T) { playbooktest.Got(1, refused)(t) },
		"other-class":  func(t *testing.T) { playbooktest.Fails(t, refused, fault.Denied) },
		"other-words":  func(t *testing.T) { playbooktest.Fails(t, refused, fault.Refused, "Ann", "Bob") },
		"no-error":     func(t *testing.T) { playbooktest.Fails(t, nil, fault.Refused) },
		"some-error":   func(t *testing.T) { playbooktest.Fails(t, refused, fault.None) },
		"words-of-nil": func(t *testing.T) { playbooktest.Fails(t, nil, fault.None, "Ann") },
		"accepts-more": func(t *testing.T) {
			playbooktest.Accepts(t, lamps(nil, false)[0], map[string]string{hall: ""})
		},
		"accepts-less": func(t *testing.T) {
			playbooktest.Accepts(t, lamps(nil, false)[0], map[string]string{hall + "/1": "hall"})
		},
		"other-name": func(t *testing.T) {
			playbooktest.Accepts(t, lamps(nil, false)[0], map[string]string{hall: hall})
		},
		"bad-parameter": func(t *testing.T) {
			playbooktest.Env(t, lamps(nil, false)[0], hall, playbooktest.With(map[string]any{"colour": "red"}))
		},
		"other-plan": func(t *testing.T) { playbooktest.Planned(t, lamps(&lamp{}, false)[0], env(t), "") },
		"no-plan":    func(t *testing.T) { playbooktest.Fix(t, lamps(&lamp{true}, false)[0], env(t)) },
		"no-fix":     func(t *testing.T) { playbooktest.Fix(t, lamps(&lamp{}, true)[0], env(t)) },
		"no-undo": func(t *testing.T) {
			now := &lamp{}
			changes := playbooktest.Fix(t, lamps(now, false)[0], env(t))
			playbooktest.Undo(t, lamps(now, true)[0], env(t), changes)
		},
	}
}

// TestMisused runs what must fail. It does so only in the process that TestHelpersFail starts.
func TestMisused(t *testing.T) {
	if os.Getenv(mistaken) == "" {
		t.Skip("run by TestHelpersFail")
	}
	for name, misuse := range misuses() {
		t.Run(name, misuse)
	}
}

func TestHelpersFail(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMisused$", "-test.v")
	cmd.Env = append(os.Environ(), mistaken+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatal("the misuses passed")
	}
	for name := range misuses() {
		if !strings.Contains(string(out), "--- FAIL: TestMisused/"+name+" ") {
			t.Errorf("%s did not fail", name)
		}
	}
	if t.Failed() || strings.Contains(string(out), "panic:") {
		t.Errorf("%s", out)
	}
}

// The role of suites keeps the denials of the one that is released: a control that needs what they deny does not pass.
func TestDenialsOfTheRoleHold(t *testing.T) {
	c := mistakes{}.control()
	env := playbooktest.Env(t, c, "arn:aws:s3:::anybody", playbooktest.Allowing("iam:CreateUser", "iam:GetUser"))
	client := iam.NewFromConfig(env.Config)
	_, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("eve")})
	playbooktest.Fails(t, err, fault.Denied)
	_, err = client.GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("eve")}) // allowed, and nobody is there
	playbooktest.Fails(t, err, fault.Gone)
}
