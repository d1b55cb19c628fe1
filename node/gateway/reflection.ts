/** gRPC server reflection: what grpcurl and its kind ask a server for. Source: grpc/reflection/v1/reflection.proto. */
import {
  ServerReflection,
  type ServerReflectionRequest,
  ServerReflectionResponse,
} from "../../proto/gen/grpc.reflection.v1.ts";
import { ServerReflection as Alpha } from "../../proto/gen/grpc.reflection.v1alpha.ts";
import type { Descriptors, FileDescriptor } from "./descriptors.ts";
import { GrpcCode } from "./errors.ts";

/** Both versions say the same in the same bytes; older clients know the second only. */
export const REFLECTION_METHODS = [
  ServerReflection.methods.ServerReflectionInfo,
  Alpha.methods.ServerReflectionInfo,
] as const;

/** Answers one request of the stream. */
export function reflect(
  request: ServerReflectionRequest,
  descriptors: Descriptors,
): ServerReflectionResponse {
  const answer = (parts: Partial<ServerReflectionResponse>): ServerReflectionResponse =>
    ServerReflectionResponse.create({ validHost: request.host, originalRequest: request, ...parts });
  const fault = (errorCode: number, errorMessage: string): ServerReflectionResponse =>
    answer({ errorResponse: { errorCode, errorMessage } });
  const files = (file: FileDescriptor | undefined, what: string): ServerReflectionResponse =>
    file === undefined
      ? fault(GrpcCode.notFound, `${what} is not served here`)
      : answer({ fileDescriptorResponse: { fileDescriptorProto: withDependencies(file, descriptors) } });

  if (request.listServices !== undefined) {
    const service = descriptors.services.map((name) => ({ name }));
    return answer({ listServicesResponse: { service } });
  }
  if (request.fileContainingSymbol !== undefined)
    return files(descriptors.fileOf(request.fileContainingSymbol), request.fileContainingSymbol);
  if (request.fileByFilename !== undefined)
    return files(descriptors.files.get(request.fileByFilename), request.fileByFilename);
  if (request.allExtensionNumbersOfType !== undefined) {
    const baseTypeName = request.allExtensionNumbersOfType;
    return answer({ allExtensionNumbersResponse: { baseTypeName, extensionNumber: [] } });
  }
  if (request.fileContainingExtension !== undefined)
    return fault(GrpcCode.notFound, "no extensions are declared here");
  return fault(GrpcCode.invalidArgument, "message_request: none of its fields is set");
}

/** The file first, then all that it needs, each once. */
function withDependencies(file: FileDescriptor, { files }: Descriptors): readonly Uint8Array[] {
  const all = new Map<string, FileDescriptor>();
  const visit = (each: FileDescriptor): void => {
    if (all.has(each.name)) return;
    all.set(each.name, each);
    for (const name of each.dependencies) visit(files.get(name)!);
  };
  visit(file);
  return [...all.values()].map(({ bytes }) => bytes);
}
