package iam

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// What the controls call unused, in days. They are fixed: Security Hub lets nobody change them. The account's
// credential report is asked about every password that may be unused for one of them, so that all see the same.
const (
	unusedDays      = 90 // IAM.8
	unusedDaysOfCIS = 45 // IAM.22
	day             = 24 * time.Hour
	reportedAfter   = unusedDaysOfCIS * day
)

// credentialsOf is what all controls write that take a user's credentials.
const credentialsOf = "iam.user.credentials"

// credentials are what a user signs in with. When something happened decides, and
// no write changes it, so it never shows as a change of its own.
type credentials struct {
	Keys    map[string]accessKey // by access key id
	Console *console             // nil where the user has no password
}

type accessKey struct {
	Active     bool
	LastActive time.Time
}

type console struct {
	LastActive time.Time // the later of the last sign-in and the last change
	// LastUsed is the last sign-in with any password of the user, zero for none.
	LastUsed time.Time `json:",omitzero"`
}

// userARN accepts users of every path and partition.
var userARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:user/(?:[!-~]{0,510}/)?([\w+=,.@-]{1,64})$`)

// UnusedCredentials returns the controls that retire what a user no longer uses.
func UnusedCredentials() []control.Control {
	return []control.Control{unusedFor("IAM.8", unusedDays), unusedFor("IAM.22", unusedDaysOfCIS)}
}

func unusedFor(id string, days int) control.Control {
	after := time.Duration(days) * day
	return control.Of[credentials]{
		Info: control.Info{
			ID: id, State: "iam.credentials", Writes: credentialsOf,
			Effect: fmt.Sprintf("Access keys without use for %d days become inactive, and a console password without use or "+
				"change for %[1]d days is deleted: whoever still needs it cannot sign in until an administrator sets a "+
				"new one.", days),
			Fails: control.Fails{
				When: fmt.Sprintf("A password or an active access key of the user was last used %d days ago or longer. One never "+
					"used counts from the day it was made, or the password changed.", days),
				Rule: "iam-user-unused-credentials-check",
			},
			Impact:  control.ImpactDestructive,
			Pattern: userARN,
			Actions: []string{
				"iam:DeleteLoginProfile", "iam:GenerateCredentialReport", "iam:GetAccessKeyLastUsed",
				"iam:GetCredentialReport", "iam:GetLoginProfile", "iam:GetUser", "iam:ListAccessKeys", "iam:UpdateAccessKey",
			},
			OneWay: map[string]string{"Console": "a deleted password cannot be restored, only a new one set"},
		},
		Read: readCredentials,
		Want: func(now credentials, env control.Env) (credentials, error) {
			return retireUnused(now, env, func(last time.Time) bool { return env.Now.Sub(last) >= after })
		},
		Write: writeCredentials,
	}.Control()
}

func readCredentials(ctx context.Context, env control.Env) (credentials, error) {
	// First, because a user who is gone has no keys and no password either.
	out, err := getUser(ctx, env)
	if err != nil {
		return credentials{}, err
	}
	user, err := kind.Answered(out.User, "GetUser", "a user")
	if err != nil {
		return credentials{}, err
	}
	keys, err := readKeys(ctx, env)
	if err != nil {
		return credentials{}, err
	}
	login, err := readConsole(ctx, env, aws.ToTime(user.PasswordLastUsed))
	return credentials{Keys: keys, Console: login}, err
}

func getUser(ctx context.Context, env control.Env) (*iam.GetUserOutput, error) {
	return iam.NewFromConfig(env.Config).GetUser(ctx, &iam.GetUserInput{UserName: &env.Name})
}

func readKeys(ctx context.Context, env control.Env) (map[string]accessKey, error) {
	client, keys := iam.NewFromConfig(env.Config), map[string]accessKey{}
	pages := iam.NewListAccessKeysPaginator(client, &iam.ListAccessKeysInput{UserName: &env.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, k := range page.AccessKeyMetadata {
			out, err := client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: k.AccessKeyId})
			if fault.Of(err) == fault.Gone { // this key, since it was listed, which must not read as a user who is gone
				return nil, fault.Wrap(fault.Retry, err)
			}
			if err != nil {
				return nil, err
			}
			last, err := keyActive(k, out)
			if err != nil {
				return nil, err
			}
			keys[aws.ToString(k.AccessKeyId)] = accessKey{Active: k.Status == types.StatusTypeActive, LastActive: last}
		}
	}
	return keys, nil
}

// keyActive is when a key was last used, or made if it never was. An answer without either is not taken for never.
func keyActive(k types.AccessKeyMetadata, out *iam.GetAccessKeyLastUsedOutput) (time.Time, error) {
	used, err := kind.Answered(out.AccessKeyLastUsed, "GetAccessKeyLastUsed", "the use")
	if err != nil {
		return time.Time{}, err
	}
	made, err := kind.Answered(k.CreateDate, "ListAccessKeys", "a key's age")
	return later(made, aws.ToTime(used.LastUsedDate)), err
}

// readConsole asks when the password was changed only where it looks unused: the
// report that knows it is about the whole account.
func readConsole(ctx context.Context, env control.Env, lastUsed time.Time) (*console, error) {
	out, err := iam.NewFromConfig(env.Config).GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: &env.Name})
	if fault.Of(err) == fault.Gone { // the password; the user was there a moment ago
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	profile, err := kind.Answered(out.LoginProfile, "GetLoginProfile", "a profile")
	if err != nil {
		return nil, err
	}
	// The profile keeps the date of the first password, whatever was set later.
	made, err := kind.Answered(profile.CreateDate, "GetLoginProfile", "the password's age")
	if err != nil {
		return nil, err
	}
	last := later(made, lastUsed)
	if env.Now.Sub(last) >= reportedAfter {
		changed, err := passwordChanged(ctx, env)
		if err != nil {
			return nil, err
		}
		last = later(last, changed)
	}
	return &console{LastActive: last, LastUsed: lastUsed.UTC()}, nil
}

func retireUnused(now credentials, env control.Env, unused func(last time.Time) bool) (credentials, error) {
	if env.Now.IsZero() {
		return now, fmt.Errorf("the run has no time: what is unused cannot be told")
	}
	c := now.Console
	if c != nil && !c.LastUsed.IsZero() && unused(c.LastUsed) && !unused(c.LastActive) {
		return now, fault.New(fault.Refused, "have the user sign in once, or delete the password by hand: AWS counts it as "+
			"unused since %s, and it was set anew on %s, so somebody may need it", date(c.LastUsed), date(c.LastActive))
	}
	for id, k := range now.Keys {
		k.Active = k.Active && !unused(k.LastActive)
		now.Keys[id] = k
	}
	if c != nil && unused(c.LastActive) {
		now.Console = nil
	}
	return now, nil
}

// writeCredentials deletes last, because only that cannot be taken back.
func writeCredentials(ctx context.Context, env control.Env, from, to credentials) error {
	for _, id := range slices.Sorted(maps.Keys(to.Keys)) {
		if active := to.Keys[id].Active; from.Keys[id].Active != active {
			if err := setKey(ctx, env, id, active); err != nil {
				return err
			}
		}
	}
	if from.Console == nil || to.Console != nil {
		return nil
	}
	_, err := iam.NewFromConfig(env.Config).DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: &env.Name})
	if fault.Of(err) == fault.Gone { // already deleted, which is all that was wanted
		return nil
	}
	return err
}

// setKey makes an access key active or not.
func setKey(ctx context.Context, env control.Env, id string, active bool) error {
	status := types.StatusTypeInactive
	if active {
		status = types.StatusTypeActive
	}
	_, err := iam.NewFromConfig(env.Config).UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
		UserName: &env.Name, AccessKeyId: &id, Status: status,
	})
	if err != nil {
		return fmt.Errorf("make access key %s %s: %w", id, status, keyError(ctx, env, err))
	}
	return nil
}

// keyError tells a key that is gone from a user who is: only the latter ends a run as gone.
func keyError(ctx context.Context, env control.Env, err error) error {
	if fault.Of(err) != fault.Gone {
		return err
	}
	if _, gone := getUser(ctx, env); fault.Of(gone) == fault.Gone {
		return err
	}
	return fault.Wrap(fault.Retry, err)
}

func date(t time.Time) string { return t.Format(time.DateOnly) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		a = b
	}
	return a.UTC()
}
