// What `next-env.d.ts` would bring in; that file changes with every build and every `next dev`, so it is not kept.
/// <reference types="next" />
/// <reference types="next/image-types/global" />
