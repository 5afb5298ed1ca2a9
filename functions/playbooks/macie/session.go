// Package macie holds the playbooks for Amazon Macie.
package macie

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/macie2"
	"github.com/aws/aws-sdk-go-v2/service/macie2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// Session returns the control that is met by Macie that is enabled and not paused.
func Session() []control.Control {
	return []control.Control{kind.Setting[types.MacieStatus]{
		Name: "Status", Get: status, Want: kind.Always(types.MacieStatusEnabled), Set: setStatus,
	}.Control(control.Info{
		ID: "Macie.1", Writes: "macie.session",
		Effect: "Macie looks at the buckets of the account in this Region, billed per bucket and month and, where " +
			"automated discovery is on, per gigabyte that it inspects. One that is paused goes on with the settings it has. " +
			"Undo of a first start disables Macie, with what it has found by then.",
		Fails: control.Fails{
			When: "Macie is not enabled for the account in the Region, or paused.",
			Rule: "macie-status-check",
		},
		Impact:  control.ImpactNone,
		Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
		Actions: []string{
			"iam:CreateServiceLinkedRole", // what EnableMacie does in an account that never had Macie
			"macie2:EnableMacie", "macie2:GetMacieSession", "macie2:UpdateMacieSession",
		},
		UndoActions:  []string{"macie2:DisableMacie"},
		Settle:       control.Settle{Typical: 30 * time.Second, Within: 10 * time.Minute},
		WholeAccount: true, // AWS limits the calls to no resource
		Lock:         func(env control.Env) []string { return []string{"macie/" + env.Target.Region} },
	})}
}

// status is empty where Macie is not enabled, which it says as if it denied the call.
func status(ctx context.Context, env control.Env) (types.MacieStatus, error) {
	out, err := macie2.NewFromConfig(env.Config).GetMacieSession(ctx, &macie2.GetMacieSessionInput{})
	switch {
	case fault.Of(err) == fault.Gone,
		fault.Of(err) == fault.Denied && strings.Contains(err.Error(), "Macie is not enabled"):
		return "", nil
	case err != nil:
		return "", err
	case out.Status == "":
		return "", fault.New(fault.Invalid, "GetMacieSession answered without a status")
	}
	return out.Status, nil
}

// setStatus looks first whether there is Macie: to enable it twice is a conflict, and to enable it while it is paused
// too.
func setStatus(ctx context.Context, env control.Env, to types.MacieStatus) error {
	now, err := status(ctx, env)
	if err != nil || now == to {
		return err
	}
	client := macie2.NewFromConfig(env.Config)
	switch {
	case to == "":
		_, err = client.DisableMacie(ctx, &macie2.DisableMacieInput{})
	case now == "":
		_, err = client.EnableMacie(ctx, &macie2.EnableMacieInput{Status: to})
	default:
		_, err = client.UpdateMacieSession(ctx, &macie2.UpdateMacieSessionInput{Status: to})
	}
	return err
}
