package iam_test

import (
	"fmt"
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

// The lab cannot make anything old, and it never sees a key or a password used. So AWS's answers are made up here.

func noon() time.Time { return time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC) }

// ago is a day before noon; nil for never.
func ago(days int) *time.Time {
	if days == never {
		return nil
	}
	return aws.Time(noon().Add(-time.Duration(days) * 24 * time.Hour))
}

const never = -1

// ages are days since something happened.
type ages struct {
	keyMade, keyUsed                   int
	passwordSet, passwordUsed          int
	report                             string // password_last_changed
	state                              types.ReportStateType
	reportARN, reportHeader, rawReport string
}

const (
	eve       = userPrefix + "eve"
	inactive  = "  ~ Keys.AKIAEVE.Active: true → false\n"
	noConsole = "  - Console {\"LastActive\":\"%s\"} " +
		"(one way: a deleted password cannot be restored, only a new one set)\n"
)

func (a ages) answers() playbooktest.StandIn {
	return playbooktest.StandIn{
		"GetUser": func(any) (any, error) {
			return &iam.GetUserOutput{User: &types.User{PasswordLastUsed: ago(a.passwordUsed)}}, nil
		},
		"ListAccessKeys": func(any) (any, error) {
			if a.keyMade == never {
				return &iam.ListAccessKeysOutput{}, nil
			}
			return &iam.ListAccessKeysOutput{AccessKeyMetadata: []types.AccessKeyMetadata{{
				AccessKeyId: aws.String("AKIAEVE"), Status: types.StatusTypeActive, CreateDate: ago(a.keyMade),
			}}}, nil
		},
		"GetAccessKeyLastUsed": func(any) (any, error) {
			return &iam.GetAccessKeyLastUsedOutput{AccessKeyLastUsed: &types.AccessKeyLastUsed{
				LastUsedDate: ago(a.keyUsed),
			}}, nil
		},
		"GetLoginProfile": func(any) (any, error) {
			if a.passwordSet == never {
				return nil, &types.NoSuchEntityException{}
			}
			return &iam.GetLoginProfileOutput{LoginProfile: &types.LoginProfile{CreateDate: ago(a.passwordSet)}}, nil
		},
		"GenerateCredentialReport": func(any) (any, error) {
			if a.state == "" {
				a.state = types.ReportStateTypeComplete
			}
			return &iam.GenerateCredentialReportOutput{State: a.state}, nil
		},
		"GetCredentialReport": func(any) (any, error) { return &iam.GetCredentialReportOutput{Content: a.content()}, nil },
	}
}

func (a ages) content() []byte {
	if a.rawReport != "" {
		return []byte(a.rawReport)
	}
	if a.reportHeader == "" {
		a.reportHeader = "user,arn,password_last_used,password_last_changed"
	}
	if a.report == "" {
		a.report = "N/A"
	}
	if a.reportARN == "" {
		a.reportARN = eve
	}
	return []byte(a.reportHeader + "\n<root_account>,arn:aws:iam::222222222222:root,not_supported,not_supported\n" +
		"eve," + a.reportARN + ",no_information," + a.report + "\n")
}

func judge(t *testing.T, a ages) (control.Plan, error) {
	t.Helper()
	c := playbook.UnusedCredentials()[0]
	env := playbooktest.Env(t, c, eve)
	env.Now = noon()
	a.answers().AddTo(&env.Config)
	return c.Plan(t.Context(), env)
}

func TestWhatIsUnused(t *testing.T) {
	gone := func(days int) string { return fmt.Sprintf(noConsole, ago(days).Format(time.RFC3339)) }
	tests := map[string]struct {
		ages ages
		want string
	}{
		"nothing at all":                {ages{keyMade: never, passwordSet: never}, ""},
		"key in use":                    {ages{keyMade: 400, keyUsed: 1, passwordSet: never}, ""},
		"key used 89 days ago":          {ages{keyMade: 400, keyUsed: 89, passwordSet: never}, ""},
		"key used 90 days ago":          {ages{keyMade: 400, keyUsed: 90, passwordSet: never}, inactive},
		"new key, never used":           {ages{keyMade: 5, keyUsed: never, passwordSet: never}, ""},
		"old key, never used":           {ages{keyMade: 90, keyUsed: never, passwordSet: never}, inactive},
		"password in use":               {ages{keyMade: never, passwordSet: 900, passwordUsed: 3}, ""},
		"password unused":               {ages{keyMade: never, passwordSet: 900, passwordUsed: 120}, gone(120)},
		"old password, never used":      {ages{keyMade: never, passwordSet: 90, passwordUsed: never}, gone(90)},
		"first password of an old user": {ages{keyMade: never, passwordSet: 5, passwordUsed: 300}, ""},
		"both unused": {
			ages{keyMade: 400, keyUsed: 200, passwordSet: 900, passwordUsed: 300}, gone(300) + inactive,
		},
		"password reset a week ago, used long ago": {ages{
			keyMade: never, passwordSet: 900, passwordUsed: 300, report: ago(7).Format(time.RFC3339),
		}, ""},
		"password reset long ago, used longer ago": {ages{
			keyMade: never, passwordSet: 900, passwordUsed: 300, report: ago(100).Format(time.RFC3339),
		}, gone(100)},
		"another user's reset does not count": {ages{
			keyMade: never, passwordSet: 900, passwordUsed: 300,
			rawReport: "user,arn,password_last_changed\neve," + userPrefix + "other/eve," + ago(1).Format(time.RFC3339) +
				"\neve," + eve + ",N/A\n",
		}, gone(300)},
		"key in use, password unused": {
			ages{keyMade: 400, keyUsed: 2, passwordSet: 900, passwordUsed: 300}, gone(300),
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			plan, err := judge(t, tc.ages)
			must(t, err)
			if d := cmp.Diff(tc.want, plan.String()); d != "" {
				t.Errorf("plan (-want +got):\n%s", d)
			}
		})
	}
}

// A key that somebody deletes while we look is no reason to call the user gone, which would close the finding.
func TestKeyVanishes(t *testing.T) {
	c := playbook.UnusedCredentials()[0]
	env := playbooktest.Env(t, c, eve)
	env.Now = noon()
	answers := ages{keyMade: 400, passwordSet: never}.answers()
	answers["GetAccessKeyLastUsed"] = func(any) (any, error) { return nil, &types.NoSuchEntityException{} }
	answers.AddTo(&env.Config)
	if _, err := c.Plan(t.Context(), env); fault.Of(err) != fault.Retry {
		t.Errorf("want an error of class retry, got %v (%s)", err, fault.Of(err))
	}
}

func TestKeyVanishesBeforeTheWrite(t *testing.T) {
	c, root := playbook.UnusedCredentials()[0], playbooktest.Root(t)
	resource := newUser(t.Context(), t, root)
	env := playbooktest.Env(t, c, resource)
	env.Now = afterwards()
	plan, err := c.Plan(t.Context(), env)
	must(t, err)
	deleteActiveKeys(t.Context(), t, root, resource)
	if err := c.Apply(t.Context(), env, plan); fault.Of(err) != fault.Retry {
		t.Errorf("want an error of class retry, got %v (%s)", err, fault.Of(err))
	}
	if !hasPassword(t.Context(), t, root, resource) {
		t.Error("the password was deleted by a plan that no longer held")
	}
}

// What cannot be told is never taken for unused.
func TestReportIsNotReadable(t *testing.T) {
	old := ages{keyMade: never, passwordSet: 900, passwordUsed: 300}
	tests := map[string]struct {
		change func(*ages)
		want   fault.Class
	}{
		"not ready":    {func(a *ages) { a.state = types.ReportStateTypeInprogress }, fault.Retry},
		"just started": {func(a *ages) { a.state = types.ReportStateTypeStarted }, fault.Retry},
		"user missing": {func(a *ages) { a.reportARN = userPrefix + "adam" }, fault.Retry},
		"no column":    {func(a *ages) { a.reportHeader = "user,arn,a,b" }, fault.Unknown},
		"bad date":     {func(a *ages) { a.report = "yesterday" }, fault.Unknown},
		"empty":        {func(a *ages) { a.rawReport = "\n" }, fault.Unknown},
		"no CSV":       {func(a *ages) { a.rawReport = "a,\"b" }, fault.Unknown},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := old
			tc.change(&a)
			if plan, err := judge(t, a); err == nil || fault.Of(err) != tc.want {
				t.Errorf("want an error of class %s, got %v (%s), plan:\n%s", tc.want, err, fault.Of(err), plan)
			}
		})
	}
}

// The report is about all users of the account: it is read where it decides, and nowhere else.
func TestReportIsAskedForOnlyWhereItDecides(t *testing.T) {
	for name, a := range map[string]ages{
		"no password":     {keyMade: 400, keyUsed: 200, passwordSet: never},
		"password in use": {keyMade: never, passwordSet: 900, passwordUsed: 3},
	} {
		t.Run(name, func(t *testing.T) {
			a.state = types.ReportStateTypeStarted // would be an error
			if _, err := judge(t, a); err != nil {
				t.Error(err)
			}
		})
	}
}
