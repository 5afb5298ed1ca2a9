package apigateway

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// every is the key of the settings for all methods that have none of their own.
const every = "*/*"

func getStage(ctx context.Context, env control.Env) (*apigateway.GetStageOutput, error) {
	api, stage := of(env)
	return apigateway.NewFromConfig(env.Config).GetStage(ctx, &apigateway.GetStageInput{RestApiId: api, StageName: stage})
}

// setMethods writes one setting of methods, by their keys, and takes those for all methods away where there were none.
func setMethods(ctx context.Context, env control.Env, setting string, from, to map[string]string) error {
	var all []types.PatchOperation
	for key, value := range to {
		if from[key] != value {
			all = append(all, types.PatchOperation{
				Op: types.OpReplace, Path: aws.String(patchPath(key) + "/" + setting), Value: &value,
			})
		}
	}
	for key := range from {
		if _, stays := to[key]; stays {
			continue
		}
		if err := untouched(ctx, env, key); err != nil {
			return err
		}
		all = append(all, types.PatchOperation{Op: types.OpRemove, Path: aws.String(patchPath(key))})
	}
	if len(all) == 0 {
		return nil
	}
	api, stage := of(env)
	_, err := apigateway.NewFromConfig(env.Config).UpdateStage(ctx, &apigateway.UpdateStageInput{
		RestApiId: api, StageName: stage, PatchOperations: all,
	})
	return err
}

// patchPath is the path of a method's settings, in which slashes of the resource are written as ~1.
func patchPath(key string) string {
	at := strings.LastIndex(key, "/")
	return "/" + strings.ReplaceAll(key[:max(at, 0)], "/", "~1") + key[max(at, 0):]
}

// untouched refuses to take settings away of which more was set than Salve did: API Gateway takes all of them.
func untouched(ctx context.Context, env control.Env, key string) error {
	stage, err := getStage(ctx, env)
	if err != nil {
		return err
	}
	if is, there := stage.MethodSettings[key]; !there || begun(is) {
		return nil
	}
	return fault.New(fault.Refused, "set back by hand what should go of the settings for the methods %s: somebody has "+
		"set more since, and API Gateway takes all of it away or nothing", key)
}

// begun tells that settings are as AWS begins them, but for the one of them that Salve sets.
func begun(is types.MethodSetting) bool {
	logs := is.LoggingLevel != nil && *is.LoggingLevel != off // which is Salve's, or the encryption
	return !is.CachingEnabled && !is.DataTraceEnabled && !is.MetricsEnabled && (!logs || !is.CacheDataEncrypted) &&
		is.CacheTtlInSeconds == 300 && is.RequireAuthorizationForCacheControl &&
		(is.ThrottlingBurstLimit == 5000 || is.ThrottlingBurstLimit == -1) &&
		(is.ThrottlingRateLimit == 10000 || is.ThrottlingRateLimit == -1)
}
