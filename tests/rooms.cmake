# How a room, its tests and its fuzz targets are declared. Paths are from the repository root, without extension.

# sekimori_room(core/net SOURCES ip_address.cpp ... LINK core_bytes ...) makes the static library core_net.
function(sekimori_room room)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  string(REPLACE "/" "_" name ${room})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC sekimori_flags ${ARG_LINK})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE sekimori_flags ${ARG_LINK})
  endif()
endfunction()

# GoogleTest's headers cost more than most tests, so they are compiled once for all of them. Test code itself is not optimised:
# it runs once, and what it tests is in the libraries.
add_library(sekimori_test_headers OBJECT ${CMAKE_CURRENT_LIST_DIR}/unit/test_headers.cpp)
target_link_libraries(sekimori_test_headers PRIVATE sekimori_flags GTest::gmock)
target_precompile_headers(sekimori_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  set(SEKIMORI_TEST_OPTIONS -O0)
endif()
target_compile_options(sekimori_test_headers PRIVATE ${SEKIMORI_TEST_OPTIONS} -g1)

# Stands in for libFuzzer where the corpus is only replayed.
add_library(sekimori_fuzz_replay OBJECT ${CMAKE_CURRENT_LIST_DIR}/fuzz/replay_main.cpp)
target_link_libraries(sekimori_fuzz_replay PRIVATE sekimori_flags)

# sekimori_test(core/net/ip_address) builds tests/unit/core/net/ip_address_test.cpp against its room.
function(sekimori_test path)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  get_filename_component(room ${path} DIRECTORY)
  string(REPLACE "/" "_" room ${room})
  string(REPLACE "/" "_" name ${path})
  add_executable(${name}_test ${CMAKE_SOURCE_DIR}/tests/unit/${path}_test.cpp)
  target_link_libraries(${name}_test PRIVATE ${room} ${ARG_LINK} GTest::gmock GTest::gtest_main)
  target_compile_options(${name}_test PRIVATE ${SEKIMORI_TEST_OPTIONS})
  target_precompile_headers(${name}_test REUSE_FROM sekimori_test_headers)
  # Lines for a stack trace, no variables: a third less to compile and link (compile_test.cpp 7.6 s with -g, 5.6 s so).
  target_compile_options(${name}_test PRIVATE -g1)
  set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME unit.${name} COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(unit.${name} PROPERTIES LABELS unit)
endfunction()

# sekimori_parser(sensor/decode/udp): a parser is three files of one name. Without its test and its fuzz
# target it does not configure, so neither can be left for later.
function(sekimori_parser path)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  get_filename_component(leaf ${path} NAME)
  get_filename_component(room ${path} DIRECTORY)
  string(REPLACE "/" "_" room ${room})
  foreach(part ${path}.cpp tests/unit/${path}_test.cpp tests/fuzz/${leaf}_fuzz.cpp)
    if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${part})
      message(FATAL_ERROR "parser ${path}: missing ${part}")
    endif()
  endforeach()
  sekimori_test(${path} LINK ${ARG_LINK})

  add_executable(${leaf}_fuzz ${CMAKE_SOURCE_DIR}/tests/fuzz/${leaf}_fuzz.cpp)
  target_link_libraries(${leaf}_fuzz PRIVATE ${room} ${ARG_LINK})
  set_target_properties(${leaf}_fuzz PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  if(SEKIMORI_LIBFUZZER)
    target_link_options(${leaf}_fuzz PRIVATE -fsanitize=fuzzer)
  else()
    target_link_libraries(${leaf}_fuzz PRIVATE sekimori_fuzz_replay)
  endif()
  file(GLOB corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${leaf}/*)
  if(NOT corpus)
    message(FATAL_ERROR "parser ${path}: tests/fuzz/corpus/${leaf}/ holds no seed")
  endif()
  add_test(NAME fuzz.${leaf} COMMAND ${leaf}_fuzz ${corpus})
  set_tests_properties(fuzz.${leaf} PROPERTIES LABELS fuzz)
endfunction()
