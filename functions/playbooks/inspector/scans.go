// Package inspector holds the playbooks for Amazon Inspector.
package inspector

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/inspector2"
	"github.com/aws/aws-sdk-go-v2/service/inspector2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// scans are the kinds of scans of an account in a Region, and which are on. One that AWS does not report is none that
// it offers there.
type scans map[types.ResourceScanType]bool

// row is a control that wants scans: its own last, after those that it needs.
type row struct {
	id, what, billed, rule string
	wants                  []types.ResourceScanType
}

// Scans returns the controls that switch on what Inspector scans.
func Scans() []control.Control {
	const lambda, code = types.ResourceScanTypeLambda, types.ResourceScanTypeLambdaCode
	var out []control.Control
	for _, r := range []row{
		{
			"Inspector.1", "EC2 instances", "instance and month", "inspector-ec2-scan-enabled",
			[]types.ResourceScanType{types.ResourceScanTypeEc2},
		},
		{
			"Inspector.2", "images in ECR", "image that is pushed or scanned again", "inspector-ecr-scan-enabled",
			[]types.ResourceScanType{types.ResourceScanTypeEcr},
		},
		{
			"Inspector.3", "the code of Lambda functions", "function and month, beside the standard scan that it needs and " +
				"switches on too", "inspector-lambda-code-scan-enabled", []types.ResourceScanType{lambda, code},
		},
		{
			"Inspector.4", "the packages of Lambda functions", "function and month", "inspector-lambda-standard-scan-enabled",
			[]types.ResourceScanType{lambda},
		},
	} {
		out = append(out, r.control())
	}
	return out
}

func (r row) control() control.Control {
	return control.Of[scans]{
		Info: control.Info{
			ID: r.id, State: "inspector.scans",
			Effect: "Inspector scans " + r.what + " of the account in this Region, billed per " + r.billed + ". What is there " +
				"is scanned at once, and its findings come to Security Hub. Members of an organization are their administrator's " +
				"to scan, and while one of them is not, Salve changes nothing for the administrator.",
			Fails: control.Fails{
				When: "Inspector does not scan " + r.what + " of the account in the Region; for an administrator, also where it " +
					"does not for a member.",
				Rule: r.rule,
			},
			Impact:  control.ImpactNone,
			Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
			Actions: []string{
				"iam:CreateServiceLinkedRole", // what Enable does in an account that never had Inspector
				"inspector2:BatchGetAccountStatus", "inspector2:Enable", "inspector2:ListMembers",
			},
			UndoActions: []string{"inspector2:Disable"},
			Settle:      control.Settle{Typical: time.Minute, Within: 30 * time.Minute},
			// AWS limits the calls to no resource.
			WholeAccount: true,
			Lock:         func(env control.Env) []string { return []string{"inspector/" + env.Target.Region} },
		},
		Read: r.read, Want: r.want, Write: writeScans,
	}.Control()
}

func (r row) want(now scans, _ control.Env) (scans, error) {
	to := maps.Clone(now)
	for _, scan := range r.wants {
		if _, offered := now[scan]; !offered {
			return now, fault.New(fault.Refused, "Inspector does not say whether it scans %s in this Region: look whether it "+
				"offers %s there", r.what, scan)
		}
		to[scan] = true
	}
	return to, nil
}

// read is readScans for an account of which AWS judges by itself alone.
func (r row) read(ctx context.Context, env control.Env) (scans, error) {
	now, err := readScans(ctx, env)
	if err != nil || env.Undo {
		return now, err
	}
	return now, r.members(ctx, inspector2.NewFromConfig(env.Config), env.Target.Account)
}

func readScans(ctx context.Context, env control.Env) (scans, error) {
	out, err := inspector2.NewFromConfig(env.Config).BatchGetAccountStatus(ctx, &inspector2.BatchGetAccountStatusInput{
		AccountIds: []string{env.Target.Account},
	})
	if err != nil {
		return nil, err
	}
	if err := failed(out.FailedAccounts); err != nil {
		return nil, err
	}
	if len(out.Accounts) != 1 || aws.ToString(out.Accounts[0].AccountId) != env.Target.Account ||
		out.Accounts[0].ResourceState == nil {
		return nil, fault.New(fault.Invalid, "BatchGetAccountStatus answered about %d accounts, and not just about this one",
			len(out.Accounts))
	}
	return scansOf(out.Accounts[0].ResourceState), nil
}

// scansOf are the scans of an account.
func scansOf(state *types.ResourceState) scans {
	now := scans{}
	if state == nil {
		return now
	}
	for scan, s := range map[types.ResourceScanType]*types.State{
		types.ResourceScanTypeEc2: state.Ec2, types.ResourceScanTypeEcr: state.Ecr,
		types.ResourceScanTypeLambda: state.Lambda, types.ResourceScanTypeLambdaCode: state.LambdaCode,
	} {
		if s != nil && s.Status != "" {
			now[scan] = s.Status == types.StatusEnabled // ENABLING is not yet
		}
	}
	return now
}

// writeScans switches on what is missing and, for an undo, off what was not there.
func writeScans(ctx context.Context, env control.Env, from, to scans) error {
	client, account := inspector2.NewFromConfig(env.Config), []string{env.Target.Account}
	var on, off []types.ResourceScanType
	for _, scan := range slices.Sorted(maps.Keys(to)) {
		switch {
		case to[scan] && !from[scan]:
			on = append(on, scan)
		case from[scan] && !to[scan]:
			off = append(off, scan)
		}
	}
	if len(on) > 0 {
		out, err := client.Enable(ctx, &inspector2.EnableInput{AccountIds: account, ResourceTypes: on})
		if err != nil {
			return err
		}
		if err := failed(out.FailedAccounts); err != nil {
			return err
		}
	}
	if len(off) == 0 {
		return nil
	}
	out, err := client.Disable(ctx, &inspector2.DisableInput{AccountIds: account, ResourceTypes: off})
	if err != nil {
		return err
	}
	return failed(out.FailedAccounts)
}

// failed is why Inspector did not do as asked, which it answers as a success.
func failed(accounts []types.FailedAccount) error {
	for _, a := range accounts {
		switch a.ErrorCode { //nolint:exhaustive // all others are refusals
		case types.ErrorCodeAlreadyEnabled, types.ErrorCodeEnableInProgress, types.ErrorCodeDisableInProgress:
			continue // somebody was quicker: the next read shows it
		case types.ErrorCodeAccessDenied:
			return fault.New(fault.Refused, "Inspector lets the account not decide, which its administrator may: %s",
				aws.ToString(a.ErrorMessage))
		case types.ErrorCodeInternalError, types.ErrorCodeSsmThrottled, types.ErrorCodeEventbridgeThrottled,
			types.ErrorCodeSsmUnavailable, types.ErrorCodeEventbridgeUnavailable, types.ErrorCodeSuspendInProgress:
			return fault.New(fault.Retry, "Inspector is not ready (%s): %s", a.ErrorCode, aws.ToString(a.ErrorMessage))
		}
		return fault.New(fault.Refused, "Inspector refuses (%s): %s", a.ErrorCode, aws.ToString(a.ErrorMessage))
	}
	return nil
}
