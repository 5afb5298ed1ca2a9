package doctor

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// region: the account has opted in to the Region. Everybody may ask who he is; where a Region is off, its endpoints do
// not know the credentials.
func region() Check {
	ask := func(ctx context.Context, p *Patient) Answer {
		cfg, err := p.enter(ctx, "sts:GetCallerIdentity")
		if err != nil {
			return unseen(err, "sts:GetCallerIdentity")
		}
		_, err = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
		var answer smithy.APIError
		switch {
		case err == nil:
			return ok("the account has %s", p.Region)
		case errors.As(err, &answer) && slices.Contains(strangers(), answer.ErrorCode()):
			return wrong("aws account enable-region --account-id "+p.Account+" --region-name "+p.Region,
				"the account has not opted in to %s: it does not know the account's credentials", p.Region)
		}
		return unseen(err, "sts:GetCallerIdentity")
	}
	return Check{Name: "region", of: ofAccount, ask: ask}
}

// strangers are the codes with which a Region that is off answers credentials that hold elsewhere.
// Source: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, and RegionDisabledException there.
func strangers() []string {
	return []string{
		"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "RegionDisabledException",
		"RegionDisabled", "OptInRequired",
	}
}
