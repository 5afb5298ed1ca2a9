package macie_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/macie2"
	"github.com/aws/aws-sdk-go-v2/service/macie2/types"
	"github.com/aws/smithy-go"

	playbook "github.com/salve-security/salve/functions/playbooks/macie"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func TestSession(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.Session()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			playbooktest.Got(macie2.NewFromConfig(root).DisableMacie(ctx, nil))(t)
			return playbooktest.DefaultAccountID
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, _ string) any {
			out, err := macie2.NewFromConfig(root).GetMacieSession(ctx, nil)
			if fault.Of(err) == fault.Gone {
				return "none"
			}
			playbooktest.Done(t, err)
			return string(out.Status)
		},
		Disturb: func(ctx context.Context, t *testing.T, root aws.Config, _ string) {
			playbooktest.Got(macie2.NewFromConfig(root).EnableMacie(ctx, &macie2.EnableMacieInput{
				Status: types.MacieStatusPaused,
			}))(t)
		},
		Skip: map[string]string{playbooktest.CaseUnrelated: "before the fix there is nothing to change"},
		Unseen: map[string]string{
			"iam:CreateServiceLinkedRole": "Macie makes the call on the session's behalf",
			"macie2:UpdateMacieSession":   "it is for Macie that is paused, which the lab cannot resume",
		},
	})
}

// AWS says of an account without Macie that it denies the call; a denial for another reason is one.
func TestLineOfSessions(t *testing.T) {
	says := func(code, message string) playbooktest.StandIn {
		return playbooktest.StandIn{"GetMacieSession": func(any) (any, error) {
			return nil, &smithy.GenericAPIError{Code: code, Message: message}
		}}
	}
	is := func(s types.MacieStatus) playbooktest.StandIn {
		return playbooktest.Answers(&macie2.GetMacieSessionOutput{Status: s})
	}
	playbooktest.Judged(t, playbook.Session()[0], playbooktest.DefaultAccountID, map[string]playbooktest.Shape{
		"enabled": {Answers: is(types.MacieStatusEnabled)}, "paused": {Answers: is(types.MacieStatusPaused), Fails: true},
		"not said":    {Answers: is(""), Class: fault.Invalid},
		"not enabled": {Answers: says("AccessDeniedException", "Macie is not enabled"), Fails: true},
		"not allowed": {
			Answers: says("AccessDeniedException", "User is not authorized to perform: macie2:GetMacieSession"),
			Class:   fault.Denied,
		},
	})
}

// better: Macie.1 resumes a session that is paused
func TestAPausedSessionIsResumed(t *testing.T) {
	c, now, sent := playbook.Session()[0], types.MacieStatusPaused, ""
	is := playbooktest.StandIn{
		"GetMacieSession": func(any) (any, error) { return &macie2.GetMacieSessionOutput{Status: now}, nil },
		"UpdateMacieSession": func(in any) (any, error) {
			now, sent = in.(*macie2.UpdateMacieSessionInput).Status, sent+"update "
			return &macie2.UpdateMacieSessionOutput{}, nil
		},
	}
	env := playbooktest.Env(t, c, playbooktest.DefaultAccountID, playbooktest.Unplugged(), is)
	changes := playbooktest.Fix(t, c, env)
	playbooktest.Undo(t, c, env, changes)
	if now != types.MacieStatusPaused || sent != "update update " {
		t.Errorf("it is %s after %q", now, sent)
	}
}
