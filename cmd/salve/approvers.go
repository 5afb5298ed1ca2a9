package main

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// identities is as much of IAM as finding approvers takes.
type identities interface {
	GetUser(ctx context.Context, in *iam.GetUserInput, opts ...func(*iam.Options)) (*iam.GetUserOutput, error)
	GetRole(ctx context.Context, in *iam.GetRoleInput, opts ...func(*iam.Options)) (*iam.GetRoleOutput, error)
}

// identified is the document with the unique ids of its approvers, as AWS has them now: an answer is believed by its
// sender's id, and a name may be somebody else's by then.
func (a *app) identified(h hub, doc document) (document, error) {
	if doc.config.Approvals == nil {
		return doc, nil
	}
	account := strings.Split(h.me+"::::", ":")[4]
	found, err := resolved(a.ctx, iam.NewFromConfig(h.own), account, *doc.config.Approvals)
	if err != nil {
		return doc, err
	}
	doc.config.Approvals = &found
	return documentOf(doc.config)
}

// resolved looks the approvers up.
func resolved(ctx context.Context, client identities, account string, section gate.Approvals) (gate.Approvals, error) {
	section.Approvers = slices.Clone(section.Approvers)
	for i, who := range section.Approvers {
		parts := strings.SplitN(who.ARN, ":", 6)
		if len(parts) != 6 || parts[4] != account {
			return section, fault.New(fault.Invalid, "approver %s is not of the hub's account %s: only its users and roles may "+
				"answer plans", who.ARN, account)
		}
		arn, id, err := identityOf(ctx, client, parts[5])
		switch {
		case fault.Of(err) == fault.Denied:
			return section, fault.New(fault.Denied, "approver %s cannot be looked up: that takes iam:GetUser and iam:GetRole "+
				"(%s)", who.ARN, fault.Cause(err))
		case err != nil:
			return section, fault.New(fault.Invalid, "approver %s cannot be found: %s", who.ARN, fault.Cause(err))
		case arn != who.ARN:
			return section, fault.New(fault.Invalid, "approver %s is called %s by AWS: write it so, with its path", who.ARN, arn)
		case who.ID != "" && who.ID != id:
			return section, fault.New(fault.Refused, "approver %s has the id %s by now, not %s: it was made anew; where it is "+
				"still meant, take the id out of the document", who.ARN, id, who.ID)
		}
		section.Approvers[i].ID = id
	}
	return section, nil
}

// identityOf is the ARN and the unique id of user/PATH/NAME or role/PATH/NAME.
func identityOf(ctx context.Context, client identities, resource string) (arn, id string, err error) {
	name := resource[strings.LastIndex(resource, "/")+1:]
	if strings.HasPrefix(resource, "user/") {
		out, err := client.GetUser(ctx, &iam.GetUserInput{UserName: &name})
		if err != nil || out.User == nil {
			return "", "", fault.Wrap(fault.Of(err), err)
		}
		return aws.ToString(out.User.Arn), aws.ToString(out.User.UserId), nil
	}
	out, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil || out.Role == nil {
		return "", "", fault.Wrap(fault.Of(err), err)
	}
	return aws.ToString(out.Role.Arn), aws.ToString(out.Role.RoleId), nil
}
