package iam_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	playbook "github.com/salve-security/salve/functions/playbooks/iam"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

// The lab never sees a key used: what it answers about that is put right.
func TestOldKeys(t *testing.T) {
	used := map[string]bool{}
	world := playbooktest.Amended(playbooktest.World(t), func(in, out any) {
		if asked, ok := in.(*iam.GetAccessKeyLastUsedInput); ok && used[*asked.AccessKeyId] {
			out.(*iam.GetAccessKeyLastUsedOutput).AccessKeyLastUsed.LastUsedDate = aws.Time(afterwards().Add(-2000 * time.Hour))
		}
	})
	playbooktest.Run(t, playbooktest.Suite{
		World: world, Control: playbook.OldKeys()[0], Now: afterwards(), Seed: newUser, Observe: keysAndTags,
		Disturb: deleteKeys,
		Foreign: []string{userPrefix, userPrefix + "*", "arn:aws:iam::222222222222:root", "arn:aws:iam::222222222222:role/x"},
		Unrelated: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			playbooktest.Got(iam.NewFromConfig(root).TagUser(ctx, &iam.TagUserInput{
				UserName: userName(resource), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
			}))(t)
		},
		DisturbFact: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			for _, k := range keysOf(ctx, t, root, resource) {
				used[*k.AccessKeyId] = true
			}
		},
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			deleteKeys(ctx, t, root, resource)
			client, name := iam.NewFromConfig(root), userName(resource)
			playbooktest.Got(client.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: name}))(t)
			playbooktest.Got(client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name}))(t)
		},
	})
}

// AWS fails every active key that is more than 90 days old, used or not. One in use is left to a person.
//
// better: IAM.3 reads all pages, and leaves a key alone that was used lately
func TestLineOfOldKeys(t *testing.T) {
	const on, off = types.StatusTypeActive, types.StatusTypeInactive
	shapes, anyway := map[string]playbooktest.Shape{}, map[string]any{"usedWithinDays": 0}
	for name, keys := range map[string][]userKey{
		"none": nil, "of 90 days": {{on, 90, never}}, "young and in use": {{on, 5, 0}}, "old and off": {{off, 900, never}},
		"two young": {{on, 90, 1}, {on, 3, never}}, "of a status that is new": {{"Expired", 900, never}},
	} {
		shapes[name] = playbooktest.Shape{Answers: user(never, never, keys...)}
	}
	for name, keys := range map[string][]userKey{
		"of 91 days": {{on, 91, never}}, "not used for 90 days": {{on, 900, 90}}, "one of two": {{on, 5, 1}, {on, 91, never}},
	} {
		shapes[name] = playbooktest.Shape{Answers: user(never, never, keys...), Fails: true}
	}
	second := user(never, never, userKey{on, 5, 1}, userKey{on, 91, never})
	all := second["ListAccessKeys"]
	second["ListAccessKeys"] = func(in any) (any, error) {
		answer, _ := all(nil)
		out := *answer.(*iam.ListAccessKeysOutput)
		if in.(*iam.ListAccessKeysInput).Marker == nil {
			out.IsTruncated, out.Marker, out.AccessKeyMetadata = true, aws.String("2"), out.AccessKeyMetadata[:1]
		} else {
			out.AccessKeyMetadata = out.AccessKeyMetadata[1:]
		}
		return &out, nil
	}
	vanishes := user(never, never, userKey{on, 900, never})
	vanishes["GetAccessKeyLastUsed"] = gone
	for name, shape := range map[string]playbooktest.Shape{
		"on the second page": {Answers: second, Fails: true},
		"used yesterday": {
			Answers: user(never, never, userKey{on, 900, 1}, userKey{on, 900, never}), Class: fault.Refused,
			Words: []string{"rotate the access key 0 by hand", "2026-05-31"},
		},
		"used yesterday, and so be it":     {Answers: user(never, never, userKey{on, 900, 1}), Params: anyway, Fails: true},
		"of whose use nothing is said":     {Answers: user(never, never, userKey{on, 900, unheard}), Class: fault.Invalid},
		"of no age":                        {Answers: user(never, never, userKey{on, never, never}), Class: fault.Invalid},
		"deleted while somebody was there": {Answers: vanishes, Class: fault.Retry},
	} {
		shapes[name] = shape
	}
	playbooktest.Judged(t, playbook.OldKeys()[0], eve, shapes, playbooktest.At(noon()))
}
