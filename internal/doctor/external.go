package doctor

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/salve-security/salve/internal/names"
)

// external: this shell gives members the ExternalId that the function gives them. Neither is ever shown.
func external() Check {
	const action = "lambda:GetFunctionConfiguration"
	return Check{Name: "external-id", Needs: []string{action}, ask: func(ctx context.Context, p *Patient) Answer {
		now, err := p.configured(ctx)
		if missing := new(types.ResourceNotFoundException); errors.As(err, &missing) {
			return notAsked("there is no function, see function")
		}
		if err != nil {
			return unread(err, action)
		}
		theirs := ""
		if now.Environment != nil {
			theirs = now.Environment.Variables[names.EnvExternalID]
		}
		switch {
		case theirs == p.ExternalID && theirs == "":
			return ok("neither the function nor this shell gives members an ExternalId")
		case theirs == p.ExternalID:
			return ok("this shell gives members the function's ExternalId")
		case theirs == "":
			return wrong("unset "+names.EnvExternalID, "this shell gives members an ExternalId, the function gives none")
		case p.ExternalID == "":
			return wrong("export "+names.EnvExternalID+"=… , the ExternalId of the hub's stack",
				"the function gives members an ExternalId, this shell gives none: it cannot enter them")
		}
		return wrong("export "+names.EnvExternalID+"=… , the ExternalId of the hub's stack",
			"this shell gives members another ExternalId than the function")
	}}
}
