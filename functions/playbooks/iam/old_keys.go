package iam

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// oldAfter is fixed by the control: Security Hub lets nobody change it.
const oldAfter = 90 * day

// paramUsed is the parameter with how lately a key was used that is left alone.
const paramUsed = "usedWithinDays"

// keyring are the access keys of a user that are active, by id, and how old they are.
type keyring struct {
	Active map[string]bool

	Made, Used map[string]time.Time `salve:"fact"` // what was never used is not in Used
}

// OldKeys returns the control that makes access keys inactive which nobody has rotated.
func OldKeys() []control.Control {
	return []control.Control{control.Of[keyring]{
		Info: control.Info{
			ID: "IAM.3", Writes: credentialsOf,
			Effect: "Access keys older than 90 days become inactive: whatever still signs with one is denied everything at " +
				"once. Salve makes no new key, since nobody could hand it over. Where an old key was used lately, nothing " +
				"happens, and the plan says which: make a second key, give it to whoever uses the first, and end that.",
			Fails: control.Fails{
				When: "An active access key of the user was made more than 90 days ago.", Rule: "access-keys-rotated",
			},
			Impact: control.ImpactInterrupts,
			Params: []control.Param{{
				Name: paramUsed, Default: 90, Max: 3650,
				Meaning: "Days: an old key that was used within them is left alone; 0 makes keys in use inactive too.",
			}},
			Pattern: userARN,
			Actions: []string{"iam:GetAccessKeyLastUsed", "iam:GetUser", "iam:ListAccessKeys", "iam:UpdateAccessKey"},
		},
		Read: readKeyring, Want: withoutOld,
		Write: func(ctx context.Context, env control.Env, from, to keyring) error {
			for _, id := range slices.Sorted(maps.Keys(to.Active)) {
				if active := to.Active[id]; from.Active[id] != active {
					if err := setKey(ctx, env, id, active); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}.Control()}
}

func readKeyring(ctx context.Context, env control.Env) (keyring, error) {
	now := keyring{map[string]bool{}, map[string]time.Time{}, map[string]time.Time{}}
	if _, err := getUser(ctx, env); err != nil { // a user who is gone has no keys either
		return now, err
	}
	client := iam.NewFromConfig(env.Config)
	pages := iam.NewListAccessKeysPaginator(client, &iam.ListAccessKeysInput{UserName: &env.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return now, err
		}
		for _, k := range page.AccessKeyMetadata {
			if err := now.add(ctx, client, k); err != nil {
				return now, err
			}
		}
	}
	return now, nil
}

func (now keyring) add(ctx context.Context, client *iam.Client, k types.AccessKeyMetadata) error {
	id := aws.ToString(k.AccessKeyId)
	made, err := kind.Answered(k.CreateDate, "ListAccessKeys", "a key's age")
	if err != nil {
		return err
	}
	out, err := client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id})
	if fault.Of(err) == fault.Gone { // this key, since it was listed, which must not read as a user who is gone
		return fault.Wrap(fault.Retry, err)
	}
	if err != nil {
		return err
	}
	used, err := kind.Answered(out.AccessKeyLastUsed, "GetAccessKeyLastUsed", "the use")
	if used.LastUsedDate != nil {
		now.Used[id] = used.LastUsedDate.UTC()
	}
	now.Active[id], now.Made[id] = k.Status == types.StatusTypeActive, made.UTC()
	return err
}

// withoutOld makes no key inactive while another one, as old, is in use: a person who rotates that sees to both.
func withoutOld(now keyring, env control.Env) (keyring, error) {
	if env.Now.IsZero() {
		return now, fmt.Errorf("the run has no time: what is old cannot be told")
	}
	lately := time.Duration(env.Params.Int(paramUsed)) * day
	for _, id := range slices.Sorted(maps.Keys(now.Active)) {
		if !now.Active[id] || env.Now.Sub(now.Made[id]) <= oldAfter {
			continue
		}
		if used, ever := now.Used[id]; ever && env.Now.Sub(used) < lately {
			return now, fault.New(fault.Refused, "rotate the access key %s by hand: it was made on %s and last used on %s. "+
				"Make a second key, give it to whoever uses the first, then make the first inactive", id, date(now.Made[id]),
				date(used))
		}
		now.Active[id] = false
	}
	return now, nil
}
