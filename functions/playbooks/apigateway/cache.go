package apigateway

import (
	"context"
	"slices"
	"strconv"

	"github.com/salve-security/salve/internal/control"
)

// cache is how what a stage keeps of answers is kept.
type cache struct {
	CacheDataEncrypted map[string]bool // by method
	On                 bool            `salve:"fact"` // the stage has a cache
	Cached             []string        `salve:"fact"` // methods whose answers it keeps
}

// Cache returns the control that has stages encrypt their caches.
func Cache() []control.Control {
	return []control.Control{control.Of[cache]{
		Info: control.Info{
			ID: "APIGateway.5", Writes: "apigateway.stage.cache",
			Effect: "What the stage has cached is thrown away once: for some minutes all requests reach the backend, which " +
				"has to bear that. New answers are encrypted in the cache; nobody notices that.",
			Fails: control.Fails{
				When: "The stage has a cache, and a method that is cached does not encrypt it, or the stage has no settings of " +
					"methods at all. Stages without a cache, and methods that are not cached, do not count.",
				Rule: "api-gw-cache-encrypted", Custom: true,
			},
			Impact:  control.ImpactInterrupts,
			Pattern: stageARN(restStage),
			Actions: []string{"apigateway:GET", "apigateway:PATCH"},
		},
		Read: func(ctx context.Context, env control.Env) (cache, error) {
			now := cache{CacheDataEncrypted: map[string]bool{}}
			stage, err := getStage(ctx, env)
			if err != nil {
				return now, err
			}
			now.On = stage.CacheClusterEnabled
			for key, is := range stage.MethodSettings {
				now.CacheDataEncrypted[key] = is.CacheDataEncrypted
				if is.CachingEnabled {
					now.Cached = append(now.Cached, key)
				}
			}
			slices.Sort(now.Cached)
			return now, nil
		},
		Want: func(now cache, _ control.Env) (cache, error) {
			if !now.On {
				return now, nil
			}
			if len(now.CacheDataEncrypted) == 0 {
				now.CacheDataEncrypted[every] = true
			}
			for _, key := range now.Cached {
				now.CacheDataEncrypted[key] = true
			}
			return now, nil
		},
		Write: func(ctx context.Context, env control.Env, from, to cache) error {
			return setMethods(ctx, env, "caching/dataEncrypted", texts(from.CacheDataEncrypted), texts(to.CacheDataEncrypted))
		},
	}.Control()}
}

func texts(all map[string]bool) map[string]string {
	out := map[string]string{}
	for key, is := range all {
		out[key] = strconv.FormatBool(is)
	}
	return out
}
