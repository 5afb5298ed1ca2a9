package around

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// JudgedAction is the IAM action that reading the parameters of a control takes in a member.
const JudgedAction = "securityhub:BatchGetSecurityControls"

// Judged reads the parameters by which Security Hub judges a control in an account and Region, as a finding from there
// would carry them. Where Security Hub is off, or has no such control, there are none. All other trouble is an error:
// what nobody could read may differ from the defaults, and a fix to those from what people want.
func (f *Finder) Judged(ctx context.Context, t control.Target, controlID, runID string) (control.Judged, error) {
	cfg, err := f.Sessions.Open(ctx, control.SessionRequest{
		Target: t, RunID: runID, Source: "Security Hub", Actions: []string{JudgedAction},
	})
	if err != nil {
		return nil, err
	}
	out, err := securityhub.NewFromConfig(cfg).BatchGetSecurityControls(ctx,
		&securityhub.BatchGetSecurityControlsInput{SecurityControlIds: []string{controlID}})
	if off := new(types.InvalidAccessException); errors.As(err, &off) {
		return control.Judged{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask Security Hub by which parameters it judges %s (where all are given with --param or in "+
			"the configuration, it is not asked): %w", controlID, err)
	}
	for _, u := range out.UnprocessedIds {
		if u.ErrorCode != types.UnprocessedErrorCodeNotFound {
			return nil, fault.New(fault.Refused, "Security Hub does not say by which parameters it judges %s: %s, %s",
				controlID, u.ErrorCode, aws.ToString(u.ErrorReason))
		}
	}
	judged := control.Judged{}
	for _, c := range out.SecurityControls {
		for name, p := range c.Parameters {
			if texts := textsOf(p.Value); texts != nil {
				judged[name] = texts
			}
		}
	}
	return judged, nil
}

// textsOf is a value as findings write it; nil where there is none.
func textsOf(value types.ParameterValue) []string {
	switch v := value.(type) {
	case *types.ParameterValueMemberBoolean:
		return []string{strconv.FormatBool(v.Value)}
	case *types.ParameterValueMemberDouble:
		return []string{strconv.FormatFloat(v.Value, 'f', -1, 64)}
	case *types.ParameterValueMemberInteger:
		return []string{strconv.Itoa(int(v.Value))}
	case *types.ParameterValueMemberString:
		return []string{v.Value}
	case *types.ParameterValueMemberEnum:
		return []string{v.Value}
	case *types.ParameterValueMemberStringList:
		return append([]string{}, v.Value...)
	case *types.ParameterValueMemberEnumList:
		return append([]string{}, v.Value...)
	case *types.ParameterValueMemberIntegerList:
		texts := []string{}
		for _, n := range v.Value {
			texts = append(texts, strconv.Itoa(int(n)))
		}
		return texts
	}
	return nil
}
