package ec2

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// TransitGateway returns the control that has somebody accept what other accounts attach to a transit gateway.
func TransitGateway() []control.Control {
	return []control.Control{kind.Setting[types.AutoAcceptSharedAttachmentsValue]{
		Name: "AutoAcceptSharedAttachments", Get: autoAccept, Set: setAutoAccept,
		Want: kind.Always(types.AutoAcceptSharedAttachmentsValueDisable),
	}.Control(control.Info{
		ID: "EC2.23",
		Effect: "VPCs that other accounts attach to the transit gateway from now on wait until somebody accepts them. " +
			"What is attached already stays. Look first whether another team counts on its attachments being accepted.",
		Fails: control.Fails{
			When: "The transit gateway accepts shared attachments by itself, shared with another account or not.",
			Rule: "ec2-transit-gateway-auto-vpc-attach-disabled",
		},
		Impact: control.ImpactNone, Pattern: arnOf("transit-gateway", "tgw"),
		Actions: []string{"ec2:DescribeTransitGateways", "ec2:ModifyTransitGateway"},
		Settle:  control.Settle{Typical: 30 * time.Second, Within: 10 * time.Minute}, // it is modifying until then
	})}
}

func autoAccept(ctx context.Context, env control.Env) (types.AutoAcceptSharedAttachmentsValue, error) {
	out, err := ec2.NewFromConfig(env.Config).DescribeTransitGateways(ctx, &ec2.DescribeTransitGatewaysInput{
		TransitGatewayIds: []string{env.Name},
	})
	if err != nil {
		return "", err
	}
	if len(out.TransitGateways) == 0 {
		return "", fault.New(fault.Gone, "EC2 knows no transit gateway %s", env.Name)
	}
	found := out.TransitGateways[0] // EC2 shows one that is deleted for a while
	if s := found.State; s == types.TransitGatewayStateDeleted || s == types.TransitGatewayStateDeleting {
		return "", fault.New(fault.Gone, "the transit gateway is %s", s)
	}
	if found.Options == nil || found.Options.AutoAcceptSharedAttachments == "" {
		return "", fault.New(fault.Invalid, "DescribeTransitGateways answered without AutoAcceptSharedAttachments")
	}
	return found.Options.AutoAcceptSharedAttachments, nil
}

// setAutoAccept looks again first: how EC2 refuses the change of one that went meanwhile does not say that it is gone.
func setAutoAccept(ctx context.Context, env control.Env, to types.AutoAcceptSharedAttachmentsValue) error {
	if _, err := autoAccept(ctx, env); err != nil {
		return err
	}
	_, err := ec2.NewFromConfig(env.Config).ModifyTransitGateway(ctx, &ec2.ModifyTransitGatewayInput{
		TransitGatewayId: &env.Name, Options: &types.ModifyTransitGatewayOptions{AutoAcceptSharedAttachments: to},
	})
	return err
}
